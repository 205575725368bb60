using Rxelon.Node.Tests.Wasm;
using Rxelon.Shared.Ledger;

namespace Rxelon.Node.Tests.Samples;

/// <summary>The blockchain sample over copies of a Rxelon ledger, which are written here with the product's own types.</summary>
public sealed class LedgerCopySpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly Sample _sample = new(wasm, "blockchain-validation", "blockchain.wasm");

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(700)]
    public async Task A_copy_of_the_ledger_has_the_root_of_its_checkpoint(int entries)
    {
        var report = await CheckAsync(Copy(Events(entries)));

        Assert.Contains($"entries    {entries}: {entries} events of {Math.Min(7, entries)} entities, 0 block headers\n", report, StringComparison.Ordinal);
        Assert.EndsWith("verdict    valid: the entries are those of the checkpoint\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_of_every_length_are_hashed_as_the_ledger_hashes_them()
        => Assert.Contains("verdict    valid", await CheckAsync(Copy([.. Enumerable.Range(0, 300).Select(n => Enumerable.Range(n, n).Select(i => (byte)i).ToArray())])), StringComparison.Ordinal);

    [Fact]
    public async Task An_altered_entry_is_found_and_named()
    {
        var files = Copy(Events(700));
        // Bundle 1 holds entries 256 to 511, each of 146 bytes behind two of length; this is one of entry 300.
        files.Single(f => f.Name.EndsWith("entries/001", StringComparison.Ordinal)).Data[(44 * 148) + 100] ^= 1;

        var report = await CheckAsync(files);

        Assert.Contains("altered    entry 300 does not have the hash of its tile\n", report, StringComparison.Ordinal);
        Assert.Contains("broken     entry 307 does not go on from entry 300 of the same entity\n", report, StringComparison.Ordinal);
        Assert.EndsWith("verdict    NOT valid: the entries are not those of the checkpoint\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_that_was_altered_together_with_its_tile_is_found_by_the_root_and_its_links()
    {
        var events = Events(20);
        var root = RootOf(events);
        events[3][100] ^= 1;

        var report = await CheckAsync(Copy(events, root));

        Assert.DoesNotContain("altered", report, StringComparison.Ordinal);
        Assert.Contains("broken     entry 10 does not go on from entry 3", report, StringComparison.Ordinal);
        Assert.EndsWith("verdict    NOT valid: the entries are not those of the checkpoint\n", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_checkpoint_is_refused_with_a_sentence()
    {
        var ran = await _sample.TryAsync(Sample.Input(("in/other", [1])), "ledger");

        Assert.Equal(66, ran.Result.Metering.ExitCode);
        Assert.Contains("rxelon mirror", ran.Result.StderrTail, StringComparison.Ordinal);
    }

    private Task<string> CheckAsync(IReadOnlyList<(string Name, byte[] Data)> files) => _sample.TextAsync(Sample.Input(files), "ledger");

    /// <summary>Events of seven entities in turn, each linked to the one before it.</summary>
    private static List<byte[]> Events(int count)
    {
        var last = new Dictionary<int, MerkleHash>();
        List<byte[]> leaves = [];
        for (var i = 0; i < count; i++)
        {
            var leaf = new EventLeaf(MerkleHash.Sha256([(byte)(i % 7)]), (ulong)(i / 7) + 1, Start, last.GetValueOrDefault(i % 7), MerkleHash.Sha256([(byte)i, (byte)(i >> 8)]), default).ToBytes();
            leaves.Add(leaf);
            last[i % 7] = MerkleHash.OfLeaf(leaf);
        }

        return leaves;
    }

    private static MerkleHash RootOf(IEnumerable<byte[]> leaves)
    {
        var frontier = new Frontier();
        foreach (var leaf in leaves)
            frontier.Append(MerkleHash.OfLeaf(leaf));
        return frontier.Root();
    }

    private static (string Name, byte[] Data)[] Copy(IReadOnlyList<byte[]> leaves, MerkleHash? root = null)
    {
        var checkpoint = new Checkpoint("hub.test/ledger", (ulong)leaves.Count, root ?? RootOf(leaves));
        List<(string, byte[])> files = [("in/mirror/checkpoint", [.. System.Text.Encoding.UTF8.GetBytes($"{checkpoint}\n— hub.test/ledger c2lnbmVk\n")])];
        foreach (var tile in Tile.Of((ulong)leaves.Count).Where(t => t.Level == 0))
        {
            var part = leaves.Skip((int)tile.Number * Tile.FullWidth).Take(tile.Width).ToArray();
            files.Add(($"in/mirror/{tile.EntriesPath}", EntryBundle.Write(part)));
            files.Add(($"in/mirror/{tile.Path}", [.. part.SelectMany(l => MerkleHash.OfLeaf(l).ToBytes())]));
        }

        return [.. files];
    }
}
