using System.Formats.Tar;
using System.Text;
using Rxelon.Node.Executors;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests;

/// <summary>Inputs, results and limits for tests.</summary>
internal static class Parts
{
    internal static TaskId Task { get; } = TaskId.FromBytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);

    internal static SandboxSpec Spec(
        long memory = 64 << 20, double seconds = 20, long output = 1 << 20, string? image = null, int part = 0, int parts = 1, int number = 1, long disk = 64 << 20)
        => new(new AttemptId(Task, part, number), image, new Resources(1000, memory, disk), TimeSpan.FromSeconds(seconds), output, part, parts);

    /// <summary>An input archive; a name without data is a directory.</summary>
    internal static byte[] Input(params (string Name, string? Data)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var (name, data) in entries)
            {
                tar.WriteEntry(data is null
                    ? new PaxTarEntry(TarEntryType.Directory, name)
                    : new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(data)) });
            }
        }

        return bytes.ToArray();
    }

    internal static IReadOnlyDictionary<string, string> Read(byte[] result)
    {
        var files = new Dictionary<string, string>();
        using var tar = new TarReader(new MemoryStream(result));
        while (tar.GetNextEntry() is { } entry)
        {
            using var data = new StreamReader(entry.DataStream ?? Stream.Null);
            files[entry.Name] = data.ReadToEnd();
        }

        return files;
    }
}

/// <summary>What a run left.</summary>
internal sealed record Ran(RunResult Result, byte[] Output)
{
    internal IReadOnlyDictionary<string, string> Files => Parts.Read(Output);

    internal string? Code => Result.Fault?.Code;
}
