"""What is looked for, and how often in seconds: whatever was not begun, because nobody told a worker or the
one who knew died, is found by looking."""

BEAT_SCHEDULE = {
    "expire-leases": {"task": "annotation.tasks.expire_leases", "schedule": 30.0},
    "look-for-refits": {"task": "annotation.tasks.look_for_refits", "schedule": 60.0},
    "look-for-routing-texts": {"task": "routing.tasks.look_for_texts", "schedule": 60.0},
    "look-for-routing-refits": {"task": "routing.tasks.look_for_refits", "schedule": 30.0},
    "look-for-deliveries": {"task": "annotation.tasks.look_for_deliveries", "schedule": 15.0},
    "forget-old-messages": {"task": "annotation.tasks.forget_old_messages", "schedule": 3600.0},
    "look-for-summaries": {"task": "annotation.tasks.look_for_summaries", "schedule": 10.0},
    "look-for-releases": {"task": "annotation.tasks.look_for_releases", "schedule": 30.0},
    "look-for-uploads": {"task": "annotation.tasks.look_for_uploads", "schedule": 30.0},
    "sweep": {"task": "annotation.tasks.sweep", "schedule": 600.0},
    "look-for-judge-work": {"task": "llm_judges.tasks.look", "schedule": 15.0},
}
