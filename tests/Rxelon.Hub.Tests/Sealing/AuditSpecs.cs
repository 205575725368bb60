using Rxelon.Hub.Sealing;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;

namespace Rxelon.Hub.Tests.Sealing;

/// <summary>Whatever is changed afterwards is found, and named.</summary>
public sealed class AuditSpecs
{
    public static TheoryData<string, string> Journal => new()
    {
        { "UPDATE journal SET message = message || x'00' WHERE ordering = 40", "row 40 of the journal" },
        { "UPDATE journal SET manifest = 'account.key-removed.1' WHERE ordering = 41", "row 41 of the journal" },
        { "UPDATE journal SET created = created + 100000000 WHERE ordering = 42", "row 42 of the journal" },
        { "DELETE FROM journal WHERE ordering = 43", "the journal has no such row" },
        { "UPDATE journal SET sequence_number = 9999 WHERE ordering = 44", "the journal has no such row" },
        {
            "INSERT INTO journal SELECT 4000 - 3999, created, 0, 'account-new', 1, message, tags, manifest, identifier, writer_uuid FROM journal WHERE ordering = 45; ",
            "row 1 of the journal"
        },
        {
            """
            UPDATE journal SET message = CASE ordering WHEN 50 THEN (SELECT message FROM journal WHERE ordering = 56) ELSE (SELECT message FROM journal WHERE ordering = 50) END
            WHERE ordering IN (50, 56)
            """,
            "row 50 of the journal"
        },
    };

    public static TheoryData<string, string> Ledger => new()
    {
        { "UPDATE blocks SET root = zeroblob(32) WHERE height = 2", "block 2" },
        { "UPDATE blocks SET note = replace(note, 'test.example', 'tost.example') WHERE height = 1", "block 1" },
        { "DELETE FROM blocks WHERE height = 2", "block 3" },
        { "UPDATE head SET frontier = substr(frontier, 1, length(frontier) - 1) || x'ff'", "ledger.db says" },
        { "UPDATE sealed SET seq = seq + 1000 WHERE idx = 60", "entry 60" },
        { "DELETE FROM pending WHERE first = (SELECT max(first) FROM pending)", "ledger.db says" },
    };

    [Fact]
    public void A_journal_that_nobody_touched_is_what_was_sealed()
    {
        using var world = Sealed();
        var result = world.Audit();
        Assert.Empty(result.Findings);
        Assert.Equal((3L, 901L, 0L, 0L), (result.Blocks, result.Events, result.Erased, result.Waiting));
        world.Write("account-0", SealerSpecs.Granted(1));
        Assert.Equal((0, 1L), (world.Audit().Findings.Count, world.Audit().Waiting));
    }

    [Theory]
    [MemberData(nameof(Journal))]
    public void A_changed_journal_is_found_and_the_first_row_named(string change, string named)
    {
        using var world = Sealed();
        Assert.True(world.Sql(change) > 0);
        Assert.Contains(named, world.Audit().Findings[0], StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ledger))]
    public void A_changed_ledger_database_is_found(string change, string named)
    {
        using var world = Sealed();
        Assert.True(world.LedgerSql(change) > 0);
        Assert.Contains(world.Audit().Findings, f => f.Contains(named, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tile/0/001", 100, "tile/0/001")]
    [InlineData("tile/1/000.p/3", 5, "tile/1/000.p/3")]
    [InlineData("tile/entries/001", 1000, "entry ")]
    [InlineData("payload/001", 1000, "encrypted copy")]
    public void A_changed_file_is_found_by_audit_and_by_fsck(string file, int at, string named)
    {
        using var world = Sealed();
        var path = Path.Combine(world.LogFolder, file);
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains(world.Audit().Findings, f => f.Contains(named, StringComparison.Ordinal));
        Assert.NotEmpty(LedgerFsck.Run(world.LogFolder, default).Findings);
    }

    [Fact]
    public void A_missing_file_is_found()
    {
        using var world = Sealed();
        File.Delete(Path.Combine(world.LogFolder, "tile/0/000"));
        Assert.Contains(world.Audit().Findings, f => f.Contains("tile/0/000", StringComparison.Ordinal));
        File.Delete(Path.Combine(world.LogFolder, "tile/entries/000"));
        Assert.Contains("mirror", Assert.Throws<InvalidDataException>(() => world.Audit()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_by_another_key_or_of_another_tree_is_found()
    {
        using var world = Sealed();
        using var stranger = SigningKeyPair.Generate();
        var file = Path.Combine(world.LogFolder, "checkpoint");
        var genuine = SignedNote.Parse(File.ReadAllBytes(file)).Value;
        File.WriteAllText(file, SignedNote.Sign(genuine.Text, SealingWorld.Origin, stranger).ToString());
        Assert.NotEmpty(LedgerFsck.Run(world.LogFolder, default).Findings);
        var checkpoint = Checkpoint.Parse(genuine.Text).Value;
        File.WriteAllText(file, world.Keys.Sign(new Checkpoint(SealingWorld.Origin, checkpoint.Size, MerkleHash.EmptyRoot).ToString(), default).ToString());
        Assert.NotEmpty(LedgerFsck.Run(world.LogFolder, default).Findings);
        Assert.Contains(world.Audit().Findings, f => f.Contains("newest block", StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_kept_a_checkpoint_finds_a_history_that_was_written_anew()
    {
        using var world = Sealed();
        var kept = SignedNote.Parse(File.ReadAllBytes(Path.Combine(world.LogFolder, "checkpoint"))).Value;
        Assert.Empty(world.Audit(kept).Findings);

        // Somebody with the hub's keys edits the journal and seals everything anew: nothing on this disk contradicts it.
        using var forged = new SealingWorld();
        forged.TakeKeysOf(world);
        SealerSpecs.Fill(forged, 6, 50);
        forged.Sql("UPDATE journal SET message = (SELECT message FROM journal WHERE ordering = 7) WHERE ordering = 1");
        using (var sealer = forged.Open())
        {
            forged.Round(sealer);
            SealerSpecs.Fill(forged, 6, 100);
            forged.Round(sealer);
        }

        Assert.Empty(forged.Audit().Findings);
        Assert.NotEmpty(forged.Audit(kept).Findings);
    }

    private static SealingWorld Sealed()
    {
        var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-0", SealerSpecs.Granted(0), ordering: 2); // ordering 1 stays free for what is put in later
        for (var round = 0; round < 3; round++)
        {
            SealerSpecs.Fill(world, 6, 50);
            world.Round(sealer);
        }

        return world;
    }
}
