using Microsoft.Extensions.Time.Testing;
using Rxelon.Client.Ledger;
using Rxelon.Client.Tests.Fakes;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ledger;
using Rxelon.Shared.Values;

namespace Rxelon.Client.Tests.Ledger;

public sealed class FollowerSpecs : IDisposable
{
    private readonly TempFolder _mine = new();
    private readonly TestLog _log = new();
    private readonly FakeTimeProvider _time = new(TestLog.Start);

    public void Dispose()
    {
        _log.Dispose();
        _mine.Dispose();
    }

    [Fact]
    public async Task A_growing_log_is_followed_from_publication_to_publication()
    {
        _log.Publish(10);
        Assert.Equal(FollowChange.First, (await FollowAsync()).Value.Change);
        Assert.Equal(FollowChange.Unchanged, (await FollowAsync()).Value.Change);
        _log.Publish(250);
        Assert.Equal(FollowChange.Newer, (await FollowAsync()).Value.Change);
        _log.Publish(70_000);
        _log.Publish(1);
        var step = (await FollowAsync()).Value;
        Assert.Equal(FollowChange.Newer, step.Change);
        Assert.Equal(_log.Published, step.Checkpoint);
        Assert.Equal(_log.Published, Follower().Kept());
    }

    [Fact]
    public async Task Two_trees_of_one_size_are_a_fork_and_both_notes_are_kept()
    {
        _log.Publish(300);
        await FollowAsync();
        using var fork = _log.Fork(100, (int)_log.Size - 100);

        var fault = (await FollowAsync(fork)).Fault!;

        Assert.Equal(FaultCodes.LedgerFork, fault.Code);
        var place = Directory.GetDirectories(_mine["evidence"]).Single();
        Assert.Contains(place, fault.Message, StringComparison.Ordinal);
        Assert.Equal(_log.Note.ToBytes(), File.ReadAllBytes(Path.Combine(place, "kept.note")));
        Assert.Equal(fork.Note.ToBytes(), File.ReadAllBytes(Path.Combine(place, "seen.note")));
        Assert.Equal(_log.Published, Follower().Kept());
        await FollowAsync(fork);
        Assert.Single(Directory.GetDirectories(_mine["evidence"]));
    }

    [Fact]
    public async Task A_larger_tree_that_does_not_begin_with_the_kept_one_is_a_fork_and_its_proof_is_kept()
    {
        _log.Publish(300);
        await FollowAsync();
        using var fork = _log.Fork(100, 600);

        Assert.Equal(FaultCodes.LedgerFork, (await FollowAsync(fork)).Fault?.Code);

        var proof = File.ReadAllLines(Path.Combine(Directory.GetDirectories(_mine["evidence"]).Single(), "proof"));
        Assert.Equal(fork.Consistency(_log.Size).Select(h => h.ToString()), proof);
    }

    [Fact]
    public async Task A_log_that_became_smaller_was_rolled_back()
    {
        _log.Publish(300);
        await FollowAsync();
        using var back = _log.Fork(100, 0);

        Assert.Equal(FaultCodes.LedgerRolledBack, (await FollowAsync(back)).Fault?.Code);

        Assert.Single(Directory.GetDirectories(_mine["evidence"]));
        Assert.Equal(_log.Published, Follower().Kept());
    }

    [Fact]
    public async Task A_source_that_shows_an_older_checkpoint_of_the_same_tree_only_lags_behind()
    {
        var old = _log.Publish(300).Note;
        _log.Publish(300);
        await FollowAsync();
        _log.Write(LogReader.CheckpointPath, old.ToBytes());

        Assert.Equal(FollowChange.Behind, (await FollowAsync()).Value.Change);

        Assert.Equal(_log.Published, Follower().Kept());
        Assert.False(Directory.Exists(_mine["evidence"]));
    }

    [Fact]
    public async Task An_older_checkpoint_of_another_tree_is_a_fork()
    {
        _log.Publish(600);
        await FollowAsync();
        using var fork = _log.Fork(100, 50);
        _log.Write(LogReader.CheckpointPath, fork.Note.ToBytes());

        Assert.Equal(FaultCodes.LedgerFork, (await FollowAsync()).Fault?.Code);
    }

    [Fact]
    public async Task Tiles_that_do_not_make_the_root_are_believed_by_nobody()
    {
        _log.Publish(300).Spoil(Tile.Holding(0, 299, _log.Size).Path);
        Assert.Equal(FaultCodes.ProofFailed, (await FollowAsync()).Fault?.Code);
        Assert.Null(Follower().Kept());
    }

    [Fact]
    public async Task A_full_tile_that_the_tile_above_does_not_name_is_believed_by_nobody()
    {
        _log.Publish(700);
        await FollowAsync();
        _log.Publish(700).Spoil("tile/0/004");
        Assert.Equal(FaultCodes.ProofFailed, (await FollowAsync()).Fault?.Code);
    }

    [Fact]
    public async Task An_altered_entry_among_the_new_ones_is_named()
    {
        _log.Publish(10);
        await FollowAsync();
        _log.Publish(10).Spoil(Tile.Holding(0, 0, _log.Size).EntriesPath);

        var fault = (await FollowAsync()).Fault!;

        Assert.Equal(FaultCodes.HashMismatch, fault.Code);
        Assert.Contains($"Entry {_log.Size - 1} ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_elses_log_and_somebody_elses_signature_are_refused()
    {
        using var other = new TestLog().Publish(10);
        using var elsewhere = new TestLog("elsewhere.test/ledger").Publish(10);
        _log.Publish(10);
        Assert.Equal(FaultCodes.BadSignature, (await FollowAsync(other)).Fault?.Code);
        Assert.Equal(FaultCodes.BadSignature, (await FollowAsync(elsewhere)).Fault?.Code);
    }

    [Fact]
    public async Task A_checkpoint_of_another_origin_is_refused_though_the_key_signed_it()
    {
        _log.Publish(10);
        var other = _log.Published with { Origin = "elsewhere.test/ledger" };
        _log.Write(LogReader.CheckpointPath, SignedNote.Sign(other.ToString(), TestLog.Origin, _log.Key).ToBytes());
        Assert.Equal(FaultCodes.BadSignature, (await FollowAsync()).Fault?.Code);
    }

    [Fact]
    public async Task A_new_key_is_learned_from_the_entry_that_the_known_key_signed_and_the_old_one_retires()
    {
        _log.Publish(10);
        await FollowAsync();
        var (policy, old, next) = (_log.Policy, _log.Key, SigningKeyPair.Generate());
        _log.Add(RotationLeaf.Sign(TestLog.Start, TestLog.Start.AddDays(7), TestLog.Origin, old, next).ToBytes());
        _log.SecondKey = next;
        _log.Publish(10);
        Assert.Equal(FollowChange.Newer, (await FollowAsync(policy: policy)).Value.Change);

        (_log.Key, _log.SecondKey) = (next, null);
        _log.Publish(10);
        Assert.Equal(FollowChange.Newer, (await FollowAsync(policy: policy)).Value.Change);

        _log.Key = old;
        _log.Publish(10);
        _time.Advance(TimeSpan.FromDays(8));
        Assert.Equal(FaultCodes.BadSignature, (await FollowAsync(policy: policy)).Fault?.Code);
    }

    [Fact]
    public async Task Whoever_missed_the_whole_rotation_still_finds_it()
    {
        _log.Publish(10);
        await FollowAsync();
        var (policy, next) = (_log.Policy, SigningKeyPair.Generate());
        _log.Add(RotationLeaf.Sign(TestLog.Start, TestLog.Start.AddDays(7), TestLog.Origin, _log.Key, next).ToBytes());
        _log.Key = next;
        _log.Publish(300);
        _time.Advance(TimeSpan.FromDays(30));

        Assert.Equal(FollowChange.Newer, (await FollowAsync(policy: policy)).Value.Change);
        Assert.Equal(FollowChange.Unchanged, (await FollowAsync(policy: policy)).Value.Change);
    }

    [Fact]
    public async Task A_rotation_that_a_stranger_signed_teaches_nothing()
    {
        _log.Publish(10);
        await FollowAsync();
        var (policy, stranger, next) = (_log.Policy, SigningKeyPair.Generate(), SigningKeyPair.Generate());
        _log.Add(RotationLeaf.Sign(TestLog.Start, TestLog.Start.AddDays(7), TestLog.Origin, stranger, next).ToBytes());
        var forged = RotationLeaf.Sign(TestLog.Start, TestLog.Start.AddDays(7), TestLog.Origin, _log.Key, next);
        _log.Add((forged with { OldSignature = new byte[64] }).ToBytes());
        _log.Key = next;
        _log.Publish(10);

        Assert.Equal(FaultCodes.BadSignature, (await FollowAsync(policy: policy)).Fault?.Code);
    }

    [Fact]
    public async Task A_block_header_that_does_not_name_the_block_before_it_is_noticed()
    {
        var first = _log.Publish(10).Published;
        await FollowAsync();
        var other = first with { Size = first.Size - 1 };
        _log.Add(new BlockLeaf(2, TestLog.Start, BlockLeaf.HashOfBlock(other), first.Size, 0).ToBytes());
        _log.Publish();

        var fault = (await FollowAsync()).Fault!;

        Assert.Equal(FaultCodes.ProofFailed, fault.Code);
        Assert.Contains("entry 11 ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kept_checkpoint_that_was_damaged_is_not_taken_for_none()
    {
        _log.Publish(10);
        await FollowAsync();
        _mine.Write("checkpoint", "damaged");
        Assert.Equal(FaultCodes.Malformed, (await FollowAsync()).Fault?.Code);
    }

    [Fact]
    public async Task A_checkpoint_without_its_quorum_is_not_kept()
    {
        using var witness = SigningKeyPair.Generate();
        var key = NoteKey.Of("w.test", NoteKeyType.Cosignature, witness.PublicKey);
        var policy = WitnessPolicy.Parse($"log {_log.VKey}\nwitness w {key}\nquorum w\n").Value;
        _log.Publish(10);
        Assert.Equal(FaultCodes.NotYet, (await FollowAsync(policy: policy)).Fault?.Code);

        var vouched = _log.Note.With(Cosignature.Sign(_log.Note.Text, "w.test", witness, TestLog.Start));
        _log.Write(LogReader.CheckpointPath, vouched.ToBytes());
        Assert.Equal(FollowChange.First, (await FollowAsync(policy: policy)).Value.Change);
    }

    private LogFollower Follower(TestLog? log = null, WitnessPolicy? policy = null)
        => new(_mine.Path, (log ?? _log).Reader, policy ?? _log.Policy, _time);

    private Task<Outcome<FollowStep>> FollowAsync(TestLog? log = null, WitnessPolicy? policy = null) => Follower(log, policy).FollowAsync();
}
