using System.Buffers.Binary;
using System.Text;
using Rxelon.Client.Ledger;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Testing;

/// <summary>A log that writes its static files as a hub does, one publication at a time; it can also be made to lie.</summary>
internal sealed class TestLog : IDisposable
{
    internal const string Origin = "hub.test/ledger";

    internal static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly List<byte[]> _leaves = [];
    private readonly List<byte[]> _payloads = [];
    private readonly string _origin;
    private Checkpoint? _last;
    private ulong _height;
    private int _events;

    internal TestLog(string origin = Origin, byte[]? succeeds = null)
    {
        _origin = origin;
        Key = SigningKeyPair.Generate();
        Add(new BeginningLeaf(Start, origin, VKey.ToString(), succeeds ?? []).ToBytes());
    }

    internal SigningKeyPair Key { get; set; }

    /// <summary>Signs beside <see cref="Key"/> during a rotation.</summary>
    internal SigningKeyPair? SecondKey { get; set; }

    internal NoteKey VKey => NoteKey.Of(_origin, NoteKeyType.Ed25519, Key.PublicKey);

    internal WitnessPolicy Policy => WitnessPolicy.Only(VKey);

    internal string Folder { get; } = Directory.CreateTempSubdirectory("rxelon-log-").FullName;

    internal LogReader Reader => new(new FolderLogSource(Folder));

    internal ulong Size => (ulong)_leaves.Count;

    internal SignedNote Note { get; private set; } = null!;

    internal Checkpoint Published => _last!;

    internal IReadOnlyList<byte[]> Leaves => _leaves;

    /// <summary>Events with payloads, then a publication.</summary>
    internal TestLog Publish(int events)
    {
        if (_last is not null && events > 0)
            Add(new BlockLeaf(++_height, Start, BlockLeaf.HashOfBlock(_last), _last.Size, 0).ToBytes());
        else if (_last is null)
            _height = 1;
        for (var i = 0; i < events; i++)
            AddEvent();
        return Publish();
    }

    internal void AddEvent(string salt = "")
    {
        var payload = Encoding.UTF8.GetBytes($"payload {_events}{salt}");
        var hash = _events % 5 == 0 ? default : MerkleHash.Sha256(payload);
        var tag = MerkleHash.Sha256(Encoding.UTF8.GetBytes($"entity {_events % 7}"));
        Add(new EventLeaf(tag, (ulong)_events, Start, default, MerkleHash.Sha256(payload, "salt"u8), hash).ToBytes(), hash == default ? [] : payload);
        _events++;
    }

    internal void Add(byte[] leaf, byte[]? payload = null)
    {
        _leaves.Add(leaf);
        _payloads.Add(payload ?? []);
    }

    /// <summary>Writes every file of the tree as it stands and signs it.</summary>
    internal TestLog Publish()
    {
        var levels = Levels();
        foreach (var tile in Tile.Of(Size))
        {
            var hashes = levels[tile.Level].GetRange((int)tile.Number * Tile.FullWidth, tile.Width);
            Write(tile.Path, [.. hashes.SelectMany(h => h.ToBytes())]);
            if (tile.Level > 0)
                continue;
            Write(tile.EntriesPath, EntryBundle.Write(_leaves.GetRange((int)tile.Number * Tile.FullWidth, tile.Width)));
            Write(PayloadPath(tile), PayloadBytes(_payloads.GetRange((int)tile.Number * Tile.FullWidth, tile.Width)));
        }

        _last = new Checkpoint(_origin, Size, RootOf(levels[0]));
        Note = SignedNote.Sign(_last.ToString(), _origin, Key);
        if (SecondKey is not null)
            Note = Note.With(SignedNote.Sign(_last.ToString(), _origin, SecondKey).Signatures[0]);
        Write(LogReader.CheckpointPath, Note.ToBytes());
        return this;
    }

    /// <summary>Another history with the same key: the first entries are the same, then others follow.</summary>
    internal TestLog Fork(int keep, int events)
    {
        var fork = new TestLog(_origin) { Key = SigningKeyPair.FromSeed(Key.ExportSeed()) };
        fork._leaves.Clear();
        fork._payloads.Clear();
        fork._leaves.AddRange(_leaves.Take(keep));
        fork._payloads.AddRange(_payloads.Take(keep));
        for (var i = 0; i < events; i++)
            fork.AddEvent("of the fork");
        return fork.Publish();
    }

    internal IReadOnlyList<MerkleHash> Consistency(ulong older)
        => Builder().Consistency(older, Size);

    internal IReadOnlyList<MerkleHash> Inclusion(ulong index) => Builder().Inclusion(index, Size);

    internal static string PayloadPath(Tile tile) => tile.EntriesPath.Replace("tile/entries", "payload", StringComparison.Ordinal);

    internal static byte[] PayloadBytes(IEnumerable<byte[]> payloads)
    {
        using var bundle = new MemoryStream();
        var length = new byte[sizeof(uint)];
        foreach (var payload in payloads)
        {
            BinaryPrimitives.WriteUInt32BigEndian(length, (uint)payload.Length);
            bundle.Write([.. length, .. payload]);
        }

        return bundle.ToArray();
    }

    internal void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Folder, path))!);
        File.WriteAllBytes(Path.Combine(Folder, path), content);
    }

    internal byte[] Read(string path) => File.ReadAllBytes(Path.Combine(Folder, path));

    internal void Remove(string path) => File.Delete(Path.Combine(Folder, path));

    /// <summary>Flips a bit of a file's last byte.</summary>
    internal void Spoil(string path)
    {
        var bytes = Read(path);
        bytes[^1] ^= 1;
        Write(path, bytes);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private ProofBuilder Builder()
    {
        var levels = Levels();
        return new ProofBuilder((level, index) => Tile.Subtree(
            level, index, Size, t => levels[t.Level].GetRange((int)t.Number * Tile.FullWidth, t.Width)));
    }

    private List<List<MerkleHash>> Levels()
    {
        var levels = new List<List<MerkleHash>> { _leaves.Select(l => MerkleHash.OfLeaf(l)).ToList() };
        while (levels[^1].Count >= Tile.FullWidth)
            levels.Add([.. levels[^1].Chunk(Tile.FullWidth).Where(c => c.Length == Tile.FullWidth).Select(RootOf)]);
        return levels;
    }

    private static MerkleHash RootOf(IEnumerable<MerkleHash> hashes)
    {
        var frontier = new Frontier();
        foreach (var hash in hashes)
            frontier.Append(hash);
        return frontier.Root();
    }
}
