using System.CommandLine;
using SlmOps.Cli;

// Ctrl+C stops a process tree with open work; the default of two seconds would cut that short.
var configuration = new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(25) };
return await CommandTree.RunAsync(args, configuration, CancellationToken.None);
