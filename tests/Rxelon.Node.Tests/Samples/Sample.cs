using System.Formats.Tar;
using System.Text;
using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Samples;

/// <summary>A sample's checked-in module, run as a node would run it; its page says what to expect.</summary>
internal sealed class Sample(WasmFixture wasm, string folder, string module)
{
    internal static string Folder { get; } = Path.Combine(FindRoot(), "samples");

    internal string Page { get; } = File.ReadAllText(Path.Combine(Folder, folder, "README.md"));

    internal byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder, folder, file));

    /// <summary>Standard output of a run that must succeed.</summary>
    internal async Task<string> TextAsync(byte[] input, params string[] args) => (await RunAsync(input, args)).Files["stdout"];

    /// <summary>A run that must succeed.</summary>
    internal async Task<Ran> RunAsync(byte[] input, params string[] args)
    {
        var ran = await TryAsync(input, args);
        Assert.True(ran.Result.Fault is null, $"{ran.Result.Fault?.Message} {ran.Result.StderrTail}");
        return ran;
    }

    internal Task<Ran> TryAsync(byte[] input, params string[] args)
        => wasm.RunAsync(Program(args), input, Parts.Spec(memory: 128 << 20, seconds: 60, output: 8 << 20));

    internal ProgramBundle Program(params string[] args)
    {
        var program = new ProgramBundle { Version = 1, Module = Google.Protobuf.ByteString.CopyFrom(Read(module)) };
        program.Args.AddRange(args);
        return program;
    }

    internal static byte[] Stdin(byte[] bytes) => Input(("stdin", bytes));

    /// <summary>What parts printed, laid out as <c>--merge none</c> leaves it and a second task gets it.</summary>
    internal static byte[] Results(IEnumerable<string> outputs)
        => Input([.. outputs.Select((o, i) => ($"in/results/part-{i:00000}/stdout", Encoding.UTF8.GetBytes(o)))]);

    internal static byte[] Input(params IReadOnlyList<(string Name, byte[] Data)> entries)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, data) in entries)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(data) });
        }

        return bytes.ToArray();
    }

    /// <summary>A result's files as bytes.</summary>
    internal static IReadOnlyList<(string Name, byte[] Data)> Bytes(byte[] result)
    {
        List<(string, byte[])> files = [];
        using var tar = new TarReader(new MemoryStream(result));
        while (tar.GetNextEntry() is { } entry)
        {
            using var data = new MemoryStream();
            entry.DataStream?.CopyTo(data);
            files.Add((entry.Name, data.ToArray()));
        }

        return files;
    }

    private static string FindRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Rxelon.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("The tests run outside the repository: no Rxelon.sln above them.");
    }
}
