namespace SlmOps.Benchmarks;

/// <summary>Writes the generated decoder; the defaults make about 580 MB.</summary>
internal static class GenerateCommand
{
    internal static int Run(string[] arguments)
    {
        var options = new Arguments(arguments);
        using var generator = new LlamaGenerator(
            options.Rest[0], options.Number("layers", 10), options.Number("hidden", 1024), options.Number("inner", 2816),
            options.Number("vocabulary", 16384), options.Number("seed", 1));
        Console.WriteLine(generator.Write());
        return 0;
    }
}
