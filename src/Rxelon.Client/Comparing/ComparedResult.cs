using System.Formats.Tar;
using System.Security.Cryptography;
using Rxelon.Shared.Api;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Workloads;

namespace Rxelon.Client.Comparing;

/// <summary>
/// One fetched result: its ciphertext, which may be a file, and its key. The plaintext is read through memory and kept nowhere.
/// </summary>
internal sealed class ComparedResult : IDisposable
{
    private readonly Stream _cipher;
    private readonly byte[] _key;
    private readonly PartContext _context;

    internal ComparedResult(TaskId task, ComparedResultInfo info, Stream cipher, ReadOnlySpan<byte> taskKey)
    {
        Attempt = new ComparedAttemptInfo(info.Part, info.Attempt);
        _cipher = cipher;
        _key = KeySchedule.Result(taskKey, info.Part, info.Attempt);
        _context = PartContext.Result(task, info.Part, info.Attempt);
    }

    internal ComparedAttemptInfo Attempt { get; }

    /// <summary>What it says, without its fuel; null when it cannot be opened or is no archive: such a one is equal to none.</summary>
    internal byte[]? Content { get; private set; }

    /// <summary>Reads it once to its end.</summary>
    internal async Task ReadAsync(CancellationToken ct)
    {
        try
        {
            var plain = Open();
            await using (plain.ConfigureAwait(false))
            {
                var content = await ContentDigest.OfAsync(plain, null, ct).ConfigureAwait(false);
                await plain.CopyToAsync(Stream.Null, ct).ConfigureAwait(false); // what stands behind the end marker must be authentic too
                Content = content;
            }
        }
        catch (Exception e) when (e is PartCorruptException or InvalidDataException or FormatException or EndOfStreamException)
        {
            Content = null;
        }
    }

    /// <summary>Whether both have the same files in the same order, equal within the tolerance. Both were read before.</summary>
    internal async Task<bool> EqualsAsync(ComparedResult other, double tolerance, CancellationToken ct)
    {
        if (Content is null || other.Content is null)
            return false;
        if (Content.AsSpan().SequenceEqual(other.Content))
            return true;
        var (a, b) = (Open(), other.Open());
        await using var closing = a.ConfigureAwait(false);
        await using var closingOther = b.ConfigureAwait(false);
        var (left, right) = (new TarReader(a, leaveOpen: true), new TarReader(b, leaveOpen: true));
        await using var done = left.ConfigureAwait(false);
        await using var doneOther = right.ConfigureAwait(false);
        while (true)
        {
            var (mine, theirs) = (await NextAsync(left, ct).ConfigureAwait(false), await NextAsync(right, ct).ConfigureAwait(false));
            if (mine is null || theirs is null)
                return mine is null && theirs is null;
            if (mine.Name != theirs.Name || !await NumericText.EqualAsync(mine.DataStream ?? Stream.Null, theirs.DataStream ?? Stream.Null, tolerance, ct).ConfigureAwait(false))
                return false;
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _cipher.Dispose();
    }

    private PartDecryptStream Open()
    {
        _cipher.Position = 0;
        return new PartDecryptStream(_cipher, _key, _context, leaveOpen: true);
    }

    // As the content's digest goes through it: standard error and what is no file are left out.
    private static async Task<TarEntry?> NextAsync(TarReader tar, CancellationToken ct)
    {
        while (await tar.GetNextEntryAsync(copyData: false, ct).ConfigureAwait(false) is { } entry)
        {
            if (entry.Name != PartArchive.Stderr && entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                return entry;
        }

        return null;
    }
}
