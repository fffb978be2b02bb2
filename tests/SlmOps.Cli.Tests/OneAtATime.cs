// Commands write to the console, of which the process has one: a test that reads it must have it alone.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
