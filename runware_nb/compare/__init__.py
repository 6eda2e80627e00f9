"""What is done with many runs: tables of them, sweeps, grids, costs, ranks. No I/O."""
