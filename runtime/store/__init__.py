"""What a run host keeps: journal, inbox, arrivals, timers and payloads, in a database or in memory."""
