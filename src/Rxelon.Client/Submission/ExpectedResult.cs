using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Submission;

/// <summary>
/// A result that the owner knows beforehand. A folder as fetched with <c>--merge none</c> (<c>stdout</c>, files under <c>out/</c>), a tar of the
/// same (<c>.tar</c>), or any other file: the standard output of a program that leaves no files. The hub sees only the answer, blinded
/// by the part's verify key.
/// </summary>
internal static class ExpectedResult
{
    /// <summary>What the spec says until the task has a key: as long as the answer, so that a quote is for the same spec.</summary>
    internal static string Unknown { get; } = new('0', 2 * Answer.Size);

    /// <summary>The spec with every expected answer. Faults: not-found, malformed.</summary>
    internal static async Task<Outcome<TaskSpec>> AnswerAsync(
        TaskSpec spec, IReadOnlyDictionary<int, string> expected, string baseDirectory, byte[] taskKey, int parts, CancellationToken ct)
    {
        if (spec.Verify is not { Policy: VerifyPolicy.Canary } terms)
            return spec;
        var answers = new SortedDictionary<int, string>();
        foreach (var (part, path) in expected)
        {
            if (part >= parts)
                return new Fault(FaultCodes.Malformed, $"verify.expected names part {part}; the task has {parts} parts, from 0.", Culprit.Input);
            var digest = await DigestAsync(Path.GetFullPath(path, baseDirectory), ct).ConfigureAwait(false);
            if (digest.Fault is { } fault)
                return fault;
            var key = KeySchedule.Verify(taskKey, part);
            answers.Add(part, Answer.Of(key, digest.Value).ToString());
            CryptographicOperations.ZeroMemory(key);
        }

        return spec with { Verify = terms with { Expected = answers } };
    }

    private static async Task<Outcome<byte[]>> DigestAsync(string path, CancellationToken ct)
    {
        if (Directory.Exists(path))
            return ContentDigest.Of(await EntriesAsync(path, ct).ConfigureAwait(false), null);
        if (!File.Exists(path))
            return new Fault(FaultCodes.NotFound, $"There is no expected result {path}.", Culprit.Input);
        var file = File.OpenRead(path);
        await using var closing = file.ConfigureAwait(false);
        try
        {
            return path.EndsWith(".tar", StringComparison.Ordinal)
                ? await ContentDigest.OfAsync(file, null, ct).ConfigureAwait(false)
                : ContentDigest.Of([await EntryAsync(PartArchive.Stdout, file, ct).ConfigureAwait(false)], null);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or EndOfStreamException)
        {
            return new Fault(FaultCodes.Malformed, $"{path} is not a tar file: {e.Message}", Culprit.Input);
        }
    }

    private static async Task<List<ResultEntry>> EntriesAsync(string folder, CancellationToken ct)
    {
        // Every result has a standard output, if an empty one.
        List<ResultEntry> entries = File.Exists(Path.Combine(folder, PartArchive.Stdout)) ? [] : [await EntryAsync(PartArchive.Stdout, Stream.Null, ct).ConfigureAwait(false)];
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/');
            if (name != PartArchive.Stdout && !name.StartsWith(PartArchive.OutPrefix, StringComparison.Ordinal))
                continue;
            var file = File.OpenRead(path);
            await using var closing = file.ConfigureAwait(false);
            entries.Add(await EntryAsync(name, file, ct).ConfigureAwait(false));
        }

        return entries;
    }

    private static async Task<ResultEntry> EntryAsync(string name, Stream content, CancellationToken ct)
        => new(name, content == Stream.Null ? 0 : content.Length, await SHA256.HashDataAsync(content, ct).ConfigureAwait(false));
}
