using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;

namespace SlmOps.Cli.Tests;

/// <summary>What stands where a command expects something else, in a folder of its own.</summary>
internal sealed class BadInputs : IDisposable
{
    private static readonly string[] Kinds = ["missing", "folder", "empty", "garbage", "pipe", "loop", "json"];
    private readonly Folder _folder = new();

    internal BadInputs()
    {
        foreach (var name in Kinds.SelectMany(kind => Endings.Select(ending => kind + ending)))
        {
            Make(name.Split('.')[0], Of(name));
        }
    }

    // Commands look at what a name ends with.
    private static IReadOnlyList<string> Endings { get; } = ["", ".onnx", ".json", ".pem"];

    internal IEnumerable<string> Paths => Kinds.SelectMany(kind => Endings.Select(ending => Of(kind + ending)));

    /// <summary>A data folder whose platform.json is of this kind.</summary>
    internal IEnumerable<string> DataFolders => Kinds.Select(kind =>
    {
        var folder = Of("data-" + kind);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Make(kind, Path.Combine(folder, Connection.FileName));
        }

        return folder;
    });

    internal string Nowhere => Of("nowhere");

    /// <summary>A data folder of a system that a server stands for.</summary>
    internal string DataOf(string name, int port)
    {
        var folder = Directory.CreateDirectory(Of("server-" + name.Replace(' ', '-'))).FullName;
        var url = new Uri($"http://127.0.0.1:{port}/");
        new Connection(
            url,
            "key",
            $"DefaultEndpointsProtocol=http;AccountName=a;AccountKey=AAAA;BlobEndpoint={url}a;QueueEndpoint={url}a;TableEndpoint={url}a;",
            url,
            "trust.json")
        {
            EventsKey = "key",
        }.Save(folder);
        return folder;
    }

    /// <summary>An .onnx file that can be sent.</summary>
    internal string Model() => _folder.Put("model.onnx", "anything");

    public void Dispose() => _folder.Dispose();

    /// <summary>Values for what a command must be given, so that the one that is tried is reached.</summary>
    internal string Usual(string name) => name switch
    {
        "--recipe" => "int8",
        "model" => "a/1",
        "channel" or "name" => "a",
        _ => Of("usual-" + name.TrimStart('-')),
    };

    private static void Make(string kind, string path)
    {
        switch (kind)
        {
            case "folder":
                Directory.CreateDirectory(path);
                break;
            case "empty":
                File.WriteAllText(path, "");
                break;
            case "garbage":
                var bytes = new byte[20_000];
                new Random(1).NextBytes(bytes);
                File.WriteAllBytes(path, bytes);
                break;
            case "json":
                File.WriteAllText(path, """[{"a":[null,1e999]}]""");
                break;
            case "loop":
                File.CreateSymbolicLink(path, path);
                break;
            case "pipe" when !OperatingSystem.IsWindows():
                using (var made = Process.Start("mkfifo", [path]))
                {
                    made.WaitForExit();
                }

                break;
        }
    }

    private string Of(string name) => Path.Combine(_folder.Path, name);
}
