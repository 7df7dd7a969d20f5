"""Running a command with secrets: its environment, its output without their values, its signals, its end."""
