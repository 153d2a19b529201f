"""The efficiency office's desk 效能: clues, cases and patrols. Units answer patrols here."""
