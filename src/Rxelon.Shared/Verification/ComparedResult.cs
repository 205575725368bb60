using System.Formats.Tar;
using System.Security.Cryptography;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Verification;

/// <summary>An attempt whose result is compared: of a part, or of a check of it.</summary>
public readonly record struct ResultAttempt(int Part, int Attempt);

/// <summary>
/// One result to be compared with others: its ciphertext, which may be a file, and its key. The plaintext is read through memory and kept nowhere.
/// </summary>
public sealed class ComparedResult : IDisposable
{
    private readonly Stream _cipher;
    private readonly byte[] _key;
    private readonly PartContext _context;

    /// <summary>Of one attempt; <paramref name="cipher"/> can seek and is disposed with this. The key is copied.</summary>
    public ComparedResult(AttemptId attempt, Stream cipher, ReadOnlySpan<byte> resultKey)
    {
        Attempt = new ResultAttempt(attempt.Part, attempt.Number);
        _cipher = cipher;
        _key = resultKey.ToArray();
        _context = PartContext.Result(attempt.Task, attempt.Part, attempt.Number);
    }

    /// <summary>Whose it is.</summary>
    public ResultAttempt Attempt { get; }

    /// <summary>What it says, without its fuel; null when it cannot be opened or is no archive: such a one is equal to none.</summary>
    public byte[]? Content { get; private set; }

    /// <summary>Reads it once to its end.</summary>
    public async Task ReadAsync(CancellationToken ct)
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
    private async Task<bool> EqualsAsync(ComparedResult other, double tolerance, CancellationToken ct)
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

    /// <summary>
    /// Which of these, all read before, are equal within the tolerance. Each joins the first class whose first member it is equal to: being equal within
    /// a tolerance is not transitive.
    /// </summary>
    public static async Task<IReadOnlyList<IReadOnlyList<ResultAttempt>>> ClassesAsync(IReadOnlyList<ComparedResult> results, double tolerance, CancellationToken ct)
    {
        List<List<ComparedResult>> classes = [];
        foreach (var result in results)
        {
            List<ComparedResult>? joined = null;
            foreach (var known in classes)
            {
                if (await known[0].EqualsAsync(result, tolerance, ct).ConfigureAwait(false))
                {
                    joined = known;
                    break;
                }
            }

            if (joined is null)
                classes.Add(joined = []);
            joined.Add(result);
        }

        return [.. classes.Select(c => (IReadOnlyList<ResultAttempt>)[.. c.Select(r => r.Attempt)])];
    }

    /// <inheritdoc/>
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
