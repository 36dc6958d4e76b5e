"""What softlearn is measured with and against; README.md says how to run each study."""
