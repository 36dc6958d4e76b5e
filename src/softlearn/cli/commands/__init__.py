"""What the commands do, one file each; `softlearn.cli.app` has their options."""
