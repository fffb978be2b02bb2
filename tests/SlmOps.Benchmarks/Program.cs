using SlmOps.Benchmarks;

return args switch
{
    ["quality", .. var rest] => QualityCommand.Run(rest),
    ["quantize", .. var rest] => QuantizeCommand.Run(rest),
    ["generate", .. var rest] => GenerateCommand.Run(rest),
    ["validate", .. var rest] => await ValidateCommand.RunAsync(rest),
    ["speed", .. var rest] => SpeedCommand.Run(rest),
    ["try", .. var rest] => TryCommand.Run(rest),
    ["digests", .. var rest] => DigestCommand.Run(rest),
    ["corpus", .. var rest] => CorpusCommand.Run(rest),
    ["runtimes", .. var rest] => await RuntimesCommand.RunAsync(rest),
    ["fuzz", .. var rest] => FuzzCommand.Run(rest),
    ["pack", .. var rest] => await PackCommand.RunAsync(rest),
    ["delta", .. var rest] => await DeltaCommand.RunAsync(rest),
    ["worker", .. var rest] => await WorkerCommand.RunAsync(rest),
    ["smoke", .. var rest] => await SmokeCommand.RunAsync(rest),
    ["release", .. var rest] => await ReleaseCommand.RunAsync(rest),
    ["up", .. var rest] => await UpCommand.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        "Usage: SlmOps.Benchmarks generate|quantize|quality|validate|speed|try|digests|corpus|runtimes|fuzz|pack|delta|worker|up|release|smoke …; see docs/benchmarks.md");
    return 2;
}
