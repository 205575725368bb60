using System.Buffers.Binary;
using System.Security.Cryptography;
using Rxelon.Shared.Values;

namespace Rxelon.Shared.Crypto;

/// <summary>
/// What a key grant holds in the clear. The first page: input ‖ result ‖ log ‖ program key, 32 bytes each, then sections; further
/// pages hold sections only. A section is u8 kind ‖ u32 count, big-endian ‖ so many keys; kind 1: keys of the results that the part
/// needs, in their order; kind 2, one key: blinds the part's answer in a verified task; kind 3, one key: encrypts the
/// attempt's checkpoint; kind 4, one key: opens the checkpoint that it begins from (all on the first page). A grant without sections is the four keys alone. Zeroed on dispose.
/// </summary>
public sealed class GrantedKeys : IDisposable
{
    /// <summary>Result keys in one page at most: 32 KB, well within a frame of the link.</summary>
    public const int ResultsPerPage = 1_000;

    private const int HeadSize = 4 * KeySchedule.KeySize;
    private const int SectionHead = 5;
    private const byte ResultSection = 1;
    private const byte VerifySection = 2;
    private const byte CheckpointSection = 3;
    private const byte FormerSection = 4;
    private const int SingleSections = 3;

    private readonly byte[] _head;
    private readonly List<byte[]> _results;

    private readonly byte[]?[] _singles;

    private GrantedKeys(byte[] head, List<byte[]> results, byte[]?[] singles)
    {
        _head = head;
        _results = results;
        _singles = singles;
    }

    /// <summary>Opens the part's own input; zeros when it has none.</summary>
    public ReadOnlySpan<byte> Input => Head(0);

    /// <summary>Encrypts the attempt's result.</summary>
    public ReadOnlySpan<byte> Result => Head(1);

    /// <summary>Encrypts the attempt's log.</summary>
    public ReadOnlySpan<byte> Log => Head(2);

    /// <summary>Opens the stage's program.</summary>
    public ReadOnlySpan<byte> Program => Head(3);

    /// <summary>Open the needed results, in their order.</summary>
    public IReadOnlyList<byte[]> Results => _results;

    /// <summary>Blinds the answer (<see cref="KeySchedule.Verify"/>); null when the task is not verified.</summary>
    public byte[]? Verify => _singles[VerifySection - VerifySection];

    /// <summary>Encrypts the attempt's checkpoint (<see cref="KeySchedule.Checkpoint"/>); null where none is kept.</summary>
    public byte[]? Checkpoint => _singles[CheckpointSection - VerifySection];

    /// <summary>Opens the checkpoint that the attempt begins from; null when it begins from its input.</summary>
    public byte[]? Former => _singles[FormerSection - VerifySection];

    /// <summary>Pages of a grant with so many result keys.</summary>
    public static int PagesFor(int results) => Math.Max(1, (results + ResultsPerPage - 1) / ResultsPerPage);

    /// <summary>What a page's seal is bound to besides the attempt; the first page's is none, as it was before there were pages.</summary>
    public static string? LabelOf(int page) => page == 0 ? null : $"page/{page}";

    /// <summary>The pages in the clear; the caller seals and zeroes them.</summary>
    public static IReadOnlyList<byte[]> Write(
        ReadOnlySpan<byte> input, ReadOnlySpan<byte> result, ReadOnlySpan<byte> log, ReadOnlySpan<byte> program, IReadOnlyList<byte[]> results,
        byte[]? verify = null, byte[]? checkpoint = null, byte[]? former = null)
    {
        (byte Kind, byte[]? Key)[] singles = [(VerifySection, verify), (CheckpointSection, checkpoint), (FormerSection, former)];
        var pages = new byte[PagesFor(results.Count)][];
        for (var page = 0; page < pages.Length; page++)
        {
            var first = page * ResultsPerPage;
            var count = Math.Min(ResultsPerPage, results.Count - first);
            var at = page == 0 ? HeadSize : 0;
            var end = at + (count > 0 ? SectionHead + (count * KeySchedule.KeySize) : 0);
            var more = page == 0 ? singles.Count(single => single.Key is not null) : 0;
            var bytes = pages[page] = new byte[end + (more * (SectionHead + KeySchedule.KeySize))];
            if (page == 0)
            {
                input.CopyTo(bytes.AsSpan(0, KeySchedule.KeySize));
                result.CopyTo(bytes.AsSpan(KeySchedule.KeySize, KeySchedule.KeySize));
                log.CopyTo(bytes.AsSpan(2 * KeySchedule.KeySize, KeySchedule.KeySize));
                program.CopyTo(bytes.AsSpan(3 * KeySchedule.KeySize, KeySchedule.KeySize));
            }

            if (count > 0)
                WriteSection(bytes.AsSpan(at), ResultSection, results.Skip(first).Take(count));
            foreach (var (kind, key) in singles.Where(single => more > 0 && single.Key is not null))
            {
                WriteSection(bytes.AsSpan(end), kind, [key!]);
                end += SectionHead + KeySchedule.KeySize;
            }
        }

        return pages;
    }

    /// <summary>Reads all pages of a grant, zeroing them; a fault says what is wrong with their layout.</summary>
    public static Outcome<GrantedKeys> Read(IReadOnlyList<byte[]> pages, int results)
    {
        var keys = new List<byte[]>(results);
        var singles = new byte[]?[SingleSections];
        try
        {
            if (pages.Count != PagesFor(results) || pages[0].Length < HeadSize)
                return Wrong($"it has {pages.Count} pages, the first of {(pages.Count > 0 ? pages[0].Length : 0)} bytes");
            for (var page = 0; page < pages.Count; page++)
            {
                if (!ReadSections(pages[page].AsSpan(page == 0 ? HeadSize : 0), keys, results, singles))
                    return Wrong($"page {page} has {pages[page].Length} bytes that are not its sections");
            }

            if (keys.Count != results)
                return Wrong($"it holds {keys.Count} result keys and the part needs {results}");
            var granted = new GrantedKeys(pages[0].AsSpan(0, HeadSize).ToArray(), [.. keys], [.. singles]);
            keys.Clear();
            Array.Clear(singles);
            return granted;
        }
        finally
        {
            foreach (var bytes in pages.Concat(keys))
                CryptographicOperations.ZeroMemory(bytes);
            foreach (var single in singles)
                CryptographicOperations.ZeroMemory(single);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_head);
        foreach (var key in _results.Concat(_singles))
            CryptographicOperations.ZeroMemory(key);
    }

    private static void WriteSection(Span<byte> into, byte kind, IEnumerable<byte[]> keys)
    {
        var count = 0;
        foreach (var key in keys)
            key.CopyTo(into[(SectionHead + (count++ * KeySchedule.KeySize))..]);
        into[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(into[1..], count);
    }

    private static bool ReadSections(ReadOnlySpan<byte> bytes, List<byte[]> results, int most, byte[]?[] singles)
    {
        while (bytes.Length > 0)
        {
            if (bytes.Length < SectionHead || bytes[0] is < ResultSection or > FormerSection)
                return false;
            var kind = bytes[0];
            var count = BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
            bytes = bytes[SectionHead..];
            if (kind != ResultSection)
            {
                if (count != 1 || singles[kind - VerifySection] is not null || bytes.Length < KeySchedule.KeySize)
                    return false;
                singles[kind - VerifySection] = bytes[..KeySchedule.KeySize].ToArray();
                bytes = bytes[KeySchedule.KeySize..];
                continue;
            }

            if (count <= 0 || count > most - results.Count || bytes.Length < (long)count * KeySchedule.KeySize)
                return false;
            for (var i = 0; i < count; i++)
                results.Add(bytes.Slice(i * KeySchedule.KeySize, KeySchedule.KeySize).ToArray());
            bytes = bytes[(count * KeySchedule.KeySize)..];
        }

        return true;
    }

    private ReadOnlySpan<byte> Head(int n) => _head.AsSpan(n * KeySchedule.KeySize, KeySchedule.KeySize);

    private static Fault Wrong(string why) => new(FaultCodes.DecryptFailed, $"The key grant is not valid: {why}.", Culprit.Hub, Retryable: true);
}
