"""Who labels what: policies turn scores and a budget into Decisions, and Decisions into Demand."""
