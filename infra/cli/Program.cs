using SlmOps.Cli;

return await CommandTree.RunAsync(args, null, CancellationToken.None).ConfigureAwait(false);
