using SlmOps.Cli;

return await CommandTree.Build().Parse(args).InvokeAsync().ConfigureAwait(false);
