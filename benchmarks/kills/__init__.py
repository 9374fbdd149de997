"""Kill `omnictl run` over and over, in every stage, and see that nothing is lost: `python -m benchmarks.kills`."""
