"""The sample project: texts and labels of our own, seeded once, reused ever after."""
