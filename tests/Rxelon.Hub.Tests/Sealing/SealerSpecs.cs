using Rxelon.Domain.Accounts;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Sealing;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Hub.Tests.Sealing;

public sealed class SealerSpecs
{
    private static readonly DateTimeOffset At = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private static readonly TaskId Task = TaskId.FromBytes([.. Enumerable.Range(1, 16).Select(i => (byte)i)]);

    [Fact]
    public void Every_event_becomes_one_entry_in_order_and_each_entity_is_chained()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        Fill(world, entities: 7, events: 90);
        world.Round(sealer);
        world.Write("account-0", Granted(1));
        var block = world.Round(sealer);

        var check = new LogCheck(null, 0);
        var chains = new Dictionary<MerkleHash, (ulong Number, MerkleHash Hash)>();
        var kinds = new List<string>();
        for (ulong i = 0; i < sealer.Size; i++)
        {
            var bytes = new LogDirectory(world.LogFolder).ReadEntry(i, sealer.Size);
            var leaf = check.Take(bytes);
            kinds.Add(leaf!.GetType().Name);
            if (leaf is not EventLeaf e)
                continue;
            var before = chains.GetValueOrDefault(e.EntityTag);
            Assert.Equal((before.Number + 1, before.Hash), (e.SequenceNr, e.Previous));
            chains[e.EntityTag] = (e.SequenceNr, MerkleHash.OfLeaf(bytes));
        }

        Assert.Empty(check.Findings);
        Assert.Equal(7, chains.Count);
        Assert.Equal(7 * 90 + 1, kinds.Count(k => k == nameof(EventLeaf)));
        Assert.Equal([nameof(BeginningLeaf), nameof(BlockLeaf)], [kinds[0], kinds[^2]]);
        Assert.Equal(check.Root, block.Root);
        Assert.Equal((2UL, 1UL), (block.Height, block.Events));
        Assert.Equal(0, sealer.Advance(100));
        Assert.False(sealer.IsAhead);
    }

    [Fact]
    public void More_entities_than_are_kept_in_memory_have_each_event_sealed_once()
    {
        using var world = new SealingWorld();
        using (var sealer = world.Open(mostEntities: 3))
        {
            for (var round = 0; round < 2; round++)
            {
                Fill(world, entities: 9, events: 20);
                world.Round(sealer);
            }
        }

        var audit = world.Audit();
        Assert.Empty(audit.Findings);
        Assert.Equal(2 * 9 * 20, audit.Events);
    }

    [Theory]
    [InlineData("batch")]
    [InlineData("files")]
    [InlineData("signature")]
    [InlineData("block")]
    public void A_crash_after_any_step_leaves_the_same_log_as_none(string crashAfter)
    {
        using var calm = new SealingWorld();
        using var shaken = new SealingWorld();
        shaken.TakeKeysOf(calm);
        using (var sealer = calm.Open())
        {
            for (var round = 0; round < 5; round++)
            {
                Fill(calm, entities: 5, events: 40);
                calm.Round(sealer);
            }
        }

        for (var round = 0; round < 5; round++)
        {
            Fill(shaken, entities: 5, events: 40);
            Step(s => s.Advance(100) > 0, "batch");
            Step(s => Done(s.Flush), "files");
            Step(s => Done(() => s.Sign()), "signature");
            // Whatever was lost is done again, as after a start.
            using var again = shaken.Open();
            var signed = again.Sign();
            File.WriteAllText(Path.Combine(shaken.LogFolder, "checkpoint"), again.Publish(signed, signed.Note).Note);
        }

        Assert.Equal(calm.Files(), shaken.Files());
        Assert.Empty(shaken.Audit().Findings);

        static bool Done(Action act)
        {
            act();
            return false;
        }

        void Step(Func<Sealer, bool> step, string name)
        {
            var sealer = shaken.Open();
            var more = true;
            while (more)
            {
                more = step(sealer);
                if (name != crashAfter)
                    continue;
                sealer.Dispose();
                shaken.ForgetUncommittedKeys();
                sealer = shaken.Open();
            }

            sealer.Dispose();
        }
    }

    [Fact]
    public void Files_that_were_written_but_not_made_durable_may_be_lost_in_a_power_cut()
    {
        using var world = new SealingWorld();
        using (var sealer = world.Open())
        {
            Fill(world, entities: 3, events: 300);
            world.Round(sealer);
            Fill(world, entities: 3, events: 300);
            while (sealer.Advance(100) > 0)
            {
                // full files are written, none is flushed
            }
        }

        foreach (var number in (int[])[4, 5, 6])
        {
            File.Delete(Path.Combine(world.LogFolder, $"tile/0/{number:000}"));
            File.Delete(Path.Combine(world.LogFolder, $"tile/entries/{number:000}"));
        }

        using (var again = world.Open())
            world.Round(again);
        Assert.Empty(world.Audit().Findings);
        Assert.Empty(LedgerFsck.Run(world.LogFolder, default).Findings);
    }

    [Fact]
    public void A_row_that_comes_to_light_below_the_offset_is_sealed_before_the_one_after_it()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-a", Granted(1), ordering: 10);
        world.Write("account-b", Granted(1), ordering: 11);
        world.Round(sealer);
        world.Write("account-a", Granted(2), ordering: 5);
        world.Write("account-a", Granted(3), ordering: 12);
        world.Round(sealer);
        var audit = world.Audit();
        Assert.Empty(audit.Findings);
        Assert.Equal(4, audit.Events);
    }

    [Fact]
    public void A_row_that_was_deleted_before_it_was_sealed_stops_the_ledger()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-a", Granted(1));
        world.Write("account-a", Granted(2));
        world.Sql("DELETE FROM journal WHERE sequence_number = 1");
        Assert.Contains("event 1 of account-a", Assert.Throws<InvalidDataException>(() => sealer.Advance(100)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_finds_what_was_passed_over()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-a", Granted(1), ordering: 10);
        world.Round(sealer);
        Assert.Equal(0, sealer.Sweep());
        world.Write("account-late", Granted(1), ordering: 5);
        Assert.NotEmpty(world.Audit().Findings);
        Assert.Equal(1, sealer.Sweep());
        Assert.Equal(0, sealer.Sweep());
        world.Round(sealer);
        Assert.Empty(world.Audit().Findings);
    }

    [Fact]
    public void Deleting_a_task_destroys_its_key_and_leaves_the_ledger_whole()
    {
        using var world = new SealingWorld();
        using (var sealer = world.Open())
        {
            world.Write($"task-{Task}", new TaskEnded(TaskPhase.Failed, new Fault("x", "y"), At));
            world.Write($"task-{Task}", new TaskErased(TaskErased.Retention, At));
            world.Write("account-a", Granted(1));
            world.Round(sealer);
            Assert.Equal(0, world.Audit().Erased);
            world.Write($"task-{Task}", new TaskErased("asked for by its owner", At));
            world.Round(sealer);
        }

        var audit = world.Audit();
        Assert.Empty(audit.Findings);
        Assert.Equal(3, audit.Erased);
        Assert.Equal(1, world.LedgerSql("UPDATE entities SET sealed = sealed WHERE key IS NULL"));
        // Whatever comes later has a key of its own, and the chain goes on.
        using (var sealer = world.Open())
        {
            world.Write($"task-{Task}", new TaskErased(TaskErased.Retention, At));
            world.Round(sealer);
        }

        Assert.Equal((0, 3), (world.Audit().Findings.Count, world.Audit().Erased));
    }

    [Fact]
    public void Two_sealers_of_one_directory_cannot_fork_the_log()
    {
        using var world = new SealingWorld();
        using var first = world.Open();
        using var second = world.Open();
        world.Write("account-a", Granted(1));
        world.Round(first);
        Assert.Contains("Somebody else", Assert.Throws<InvalidDataException>(() => second.Advance(100)).Message, StringComparison.Ordinal);
        Assert.Empty(world.Audit().Findings);
    }

    [Fact]
    public void A_new_key_is_announced_in_the_log_and_both_sign_until_the_window_is_over()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-a", Granted(1));
        world.Round(sealer);
        var old = world.Keys.Current.Verifier;
        world.Keys.Rotate(world.Time.GetUtcNow().AddDays(7));
        world.ReopenKeys(); // a crash before the announcement
        using var after = world.Open();
        sealer.Dispose();
        var block = world.Round(after);
        var note = SignedNote.Parse(System.Text.Encoding.UTF8.GetBytes(block.Note)).Value;
        Assert.Equal(2, note.Verify([old, world.Keys.Current.Verifier]).Value.Count);
        Assert.True(note.Verify([old]).IsOk);
        Assert.Empty(world.Audit().Findings);

        world.Time.Advance(TimeSpan.FromDays(8));
        world.Write("account-a", Granted(2));
        note = SignedNote.Parse(System.Text.Encoding.UTF8.GetBytes(world.Round(after).Note)).Value;
        Assert.False(note.Verify([old]).IsOk);
        Assert.True(note.Verify([world.Keys.Current.Verifier]).IsOk);
        Assert.Empty(world.Audit().Findings);
        world.ReopenKeys();
        Assert.Null(world.Keys.Previous);
    }

    [Fact]
    public void Public_files_tell_nothing_of_what_happened()
    {
        using var world = new SealingWorld();
        using var sealer = world.Open();
        world.Write("account-a", new AccountOpened("a-name-nobody-may-read", AccountKind.User, new byte[32], new byte[32], At));
        world.Write($"task-{Task}", new TaskErased("a-reason-nobody-may-read", At));
        world.Round(sealer);
        foreach (var file in Directory.EnumerateFiles(world.LogFolder, "*", SearchOption.AllDirectories))
        {
            var text = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.DoesNotContain("nobody-may-read", text, StringComparison.Ordinal);
            Assert.DoesNotContain("account-a", text, StringComparison.Ordinal);
            Assert.DoesNotContain(Task.ToString(), text, StringComparison.Ordinal);
            Assert.DoesNotContain("account.opened", text, StringComparison.Ordinal);
        }
    }

    internal static TokensGranted Granted(int n) => new(new Tokens(n), $"grant-{n}", "root", At);

    internal static void Fill(SealingWorld world, int entities, int events)
    {
        for (var n = 0; n < events; n++)
        {
            for (var entity = 0; entity < entities; entity++)
                world.Write($"account-{entity}", Granted(n));
        }
    }
}
