using System.Formats.Tar;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Client.Tests.Fakes;

/// <summary>What a program sees, and what it leaves.</summary>
internal sealed record FakeProcess(ProgramBundle Program, int Part, byte[]? Stdin, IReadOnlyDictionary<string, byte[]> In)
{
    internal MemoryStream Stdout { get; } = new();

    internal Dictionary<string, byte[]> Out { get; } = [];

    internal string Stderr { get; set; } = "";

    /// <summary>Further entries of the result archive, to misbehave with.</summary>
    internal List<TarEntry> Extra { get; } = [];
}

/// <summary>Opens parts with the keys that the vault gives it, runs them as C#, seals results.</summary>
internal sealed class FakeNode
{
    internal NodeInfo Info { get; } = new(
        NodeId.OfIdentityKey(new byte[32]), "attic", AccountId.OfSigningKey(new byte[32]), "active", true, "eu",
        Resources.Default, Resources.Default, ["wasm"], [], new Tokens(10_000), 5, 0, 0);

    /// <summary>The program; copies standard input, and files from in/ to out/.</summary>
    internal Action<FakeProcess> Program { get; set; } = process =>
    {
        process.Stdout.Write(process.Stdin ?? []);
        foreach (var (name, content) in process.In)
            process.Out[name] = content;
    };

    internal byte[] Run(TaskId task, int part, int attempt, byte[] taskKey, byte[] program, byte[] input)
    {
        var bundle = ProgramBundle.Parser.ParseFrom(PartCipher.Open(program, KeySchedule.Shared(taskKey, "program"), PartContext.Shared(task, "program")).Value);
        var plain = PartCipher.Open(input, KeySchedule.Input(taskKey, part), PartContext.Input(task, part)).Value;
        var entries = Untar(plain);
        var process = new FakeProcess(
            bundle, part, entries.GetValueOrDefault(PartArchive.Stdin),
            entries.Where(e => e.Key.StartsWith("in/", StringComparison.Ordinal)).ToDictionary(e => e.Key[3..], e => e.Value));
        Program(process);
        return PartCipher.Seal(Tar(process), KeySchedule.Result(taskKey, part, attempt), CipherSuite.Aes256Gcm, PartContext.Result(task, part, attempt));
    }

    internal static Dictionary<string, byte[]> Untar(byte[] archive)
    {
        var entries = new Dictionary<string, byte[]>();
        using var tar = new TarReader(new MemoryStream(archive));
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            entries[entry.Name] = content.ToArray();
        }

        return entries;
    }

    private static byte[] Tar(FakeProcess process)
    {
        var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            Add(tar, PartArchive.Stdout, process.Stdout.ToArray());
            Add(tar, PartArchive.Stderr, System.Text.Encoding.UTF8.GetBytes(process.Stderr));
            foreach (var (name, content) in process.Out)
                Add(tar, PartArchive.OutPrefix + name, content);
            foreach (var entry in process.Extra)
                tar.WriteEntry(entry);
        }

        return bytes.ToArray();
    }

    private static void Add(TarWriter tar, string name, byte[] content)
        => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
}
