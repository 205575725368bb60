using System.Buffers.Binary;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Shared.Workloads;

namespace Rxelon.Shared.Verification;

/// <summary>One file of a result: its name in the archive, its length, and the SHA-256 of its bytes.</summary>
public readonly record struct ResultEntry(string Name, long Length, byte[] Digest);

/// <summary>
/// The digest of what a result says (docs/design/verification.md): SHA-256 over its files in the byte order of their names, each as
/// u32 length of name ‖ name ‖ u64 length ‖ SHA-256 of the bytes, big-endian; then u64 fuel when the sandbox counts it. Standard
/// error, times and owners are left out. Two files of one name are both in, in the order of the archive.
/// </summary>
public static class ContentDigest
{
    /// <summary>Reads a result (a tar stream, <see cref="PartArchive"/>) to its end. What the stream throws goes through.</summary>
    public static async Task<byte[]> OfAsync(Stream result, long? fuel, CancellationToken cancel)
    {
        List<ResultEntry> files = [];
        var tar = new TarReader(result, leaveOpen: true);
        await using (tar.ConfigureAwait(false))
        {
            while (await tar.GetNextEntryAsync(copyData: false, cancel).ConfigureAwait(false) is { } entry)
            {
                if (entry.Name == PartArchive.Stderr || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
                    continue;
                var digest = await SHA256.HashDataAsync(entry.DataStream ?? Stream.Null, cancel).ConfigureAwait(false);
                files.Add(new ResultEntry(entry.Name, entry.Length, digest));
            }
        }

        return Of(files, fuel);
    }

    /// <summary>The digest of a result that consists of these files, however they are kept.</summary>
    public static byte[] Of(IEnumerable<ResultEntry> files, long? fuel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var number = new byte[8];
        foreach (var (name, length, digest) in files.Select(f => (Name: Encoding.UTF8.GetBytes(f.Name), f.Length, f.Digest)).OrderBy(f => f.Name, ByteOrder.Instance))
        {
            BinaryPrimitives.WriteInt32BigEndian(number, name.Length);
            hash.AppendData(number, 0, 4);
            hash.AppendData(name);
            BinaryPrimitives.WriteInt64BigEndian(number, length);
            hash.AppendData(number);
            hash.AppendData(digest);
        }

        if (fuel is { } counted)
        {
            BinaryPrimitives.WriteInt64BigEndian(number, counted);
            hash.AppendData(number);
        }

        return hash.GetHashAndReset();
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        internal static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
