using Google.Protobuf;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Scheduling;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Wire;

namespace Rxelon.Hub.Tests.Edge;

public sealed class SessionSpecs
{
    [Fact]
    public async Task A_part_goes_out_gets_its_key_and_comes_back_accepted()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        Assert.Equal(node.Id, edge.Chs.Matchmaker.OfType<OfferUpdate>().First().Offer.Node);

        byte[] input = [1, 2, 3], result = [9, 8, 7];
        var attempt = edge.Place(node.Id, session, input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        var assign = node.Frames.First(f => f.Assign is not null).Assign;
        Assert.Equal(input, assign.Parts.Single().Input.Inline.ToByteArray());
        Assert.Equal([7, 7, 7], assign.Program.Inline.ToByteArray());

        node.Ready(attempt);
        await Eventually.TrueAsync("the key", () => node.Frames.Any(f => f.KeyGrants?.Grants.Single().Attempt.Equals(NodeHarness.Key(attempt)) == true));
        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: true);

        Assert.Equal(BlobId.Of(result), edge.Chs.Accepted[attempt].Result.Id);
        Assert.Equal(edge.Chs.Owner, edge.Blobs.Owners[BlobId.Of(result)]);
    }

    [Fact]
    public async Task A_result_that_is_not_what_was_signed_fails_the_attempt_and_is_never_accepted()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        byte[] input = [1], result = [2];

        var changes = new (Action<AttemptReport> Change, string Code)[]
        {
            (r => r.Result.Inline = ByteString.CopyFrom([3]), FaultCodes.HashMismatch),
            (r => r.InputId = ByteString.CopyFrom(BlobId.Of([5]).ToDigest()), FaultCodes.HashMismatch),
            (r => r.Metering.CpuMillis++, FaultCodes.BadSignature),
            (r => r.Signature = ByteString.CopyFrom(new byte[64]), FaultCodes.BadSignature),
        };
        foreach (var (change, code) in changes)
        {
            var attempt = edge.Place(node.Id, session, input);
            node.SendReport(attempt, input, result, change);
            await node.AckAsync(attempt, accepted: false);
            Assert.Equal(code, edge.Chs.Got<FailAttempts>().Single(f => f.Task == attempt.Task).Failures.Single().Fault.Code);
        }

        Assert.Empty(edge.Chs.Got<AcceptResults>());
    }

    [Fact]
    public async Task A_replayed_report_is_answered_again_and_accepted_once()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        byte[] input = [1], result = [2];
        var attempt = edge.Place(node.Id, session, input);
        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: true);

        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: false);

        Assert.Single(edge.Chs.Accepted);
    }

    [Fact]
    public async Task A_report_for_an_attempt_of_another_node_is_refused()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var good = new NodeHarness(edge).Start();
        await using var thief = new NodeHarness(edge).Start();
        await good.UpAsync();
        await thief.UpAsync();
        byte[] input = [1], result = [2];
        var attempt = edge.Place(good.Id, await edge.SessionOfAsync(good.Id), input);

        thief.SendReport(attempt, input, [6, 6, 6]);
        await thief.AckAsync(attempt, accepted: false);
        good.SendReport(attempt, input, result);
        await good.AckAsync(attempt, accepted: true);

        Assert.Equal(BlobId.Of(result), edge.Chs.Accepted[attempt].Result.Id);
    }

    [Fact]
    public async Task A_node_that_falls_silent_is_lost_within_eight_seconds_and_its_attempts_with_it()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var proxy = new TcpProxy(edge.Service.Port);
        await using var node = new NodeHarness(edge, proxy.Port).Start();
        await node.UpAsync();
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        proxy.Refuse(true);
        proxy.Blackhole();
        var took = await Eventually.TrueAsync("node-lost", () => edge.Chs.Failures.Any(f => f.Fault.Code == FaultCodes.NodeLost));

        Assert.InRange(took.TotalSeconds, 4, 10);
        Assert.True(edge.Chs.Failures.Single(f => f.Fault.Code == FaultCodes.NodeLost).NodeDied);
        await Eventually.TrueAsync("the offer gone", () => edge.Chs.Matchmaker.OfType<OfferGone>().Any(o => o.Node == node.Id));
        await Eventually.TrueAsync("the window", () => edge.Chs.Got<RecordNodeWindow>().Any(w => w.Window.Lost == 1));
        Assert.False(edge.Chs.Current.ContainsKey(attempt));
    }

    [Fact]
    public async Task A_clock_an_hour_off_is_refused_with_both_times()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = new NodeHarness(edge).Start(new ShiftedTime(TimeSpan.FromHours(1)));

        await Eventually.TrueAsync("the refusal", () => node.Got<LinkDown>().Any(d => d.Fault.Code == FaultCodes.ClockSkew));

        var fault = node.Got<LinkDown>().First(d => d.Fault.Code == FaultCodes.ClockSkew).Fault;
        Assert.Equal(2, fault.Message.Split(DateTimeOffset.UtcNow.Year.ToString(System.Globalization.CultureInfo.InvariantCulture)).Length - 1);
        Assert.Empty(node.Got<LinkUp>());
    }

    [Fact]
    public async Task A_pending_node_waits_for_approval_and_a_stranger_is_turned_away_for_good()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var pending = new NodeHarness(edge);
        await using var stranger = new NodeHarness(edge);
        edge.Chs.Known[pending.Id] = edge.Chs.Known[pending.Id] with { Standing = NodeStanding.Pending };
        edge.Chs.Known.TryRemove(stranger.Id, out _);
        pending.Start();
        stranger.Start();

        await Eventually.TrueAsync("not approved", () => pending.Got<LinkDown>().Any(d => d is { Final: false, Fault.Code: FaultCodes.NodeNotApproved }));
        await Eventually.TrueAsync("not found", () => stranger.Got<LinkDown>().Any(d => d is { Final: true, Fault.Code: FaultCodes.NotFound }));
        edge.Chs.Known[pending.Id] = edge.Chs.Known[pending.Id] with { Standing = NodeStanding.Active };
        await pending.UpAsync();
    }

    [Fact]
    public async Task A_revoked_node_is_cut_at_once_and_never_gets_in_again()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var node = new NodeHarness(edge).Start();
        await using var other = new NodeHarness(edge).Start();
        await node.UpAsync();
        await other.UpAsync();
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), [1]);

        edge.Router.Tell(new CutNode(node.Id, FaultCodes.NodeRevoked, "stolen"), Akka.Actor.ActorRefs.NoSender);

        var took = await Eventually.TrueAsync("the farewell", () => node.Got<LinkDown>().Any(d => d is { Final: true, Fault.Code: FaultCodes.NodeRevoked }));
        Assert.InRange(took.TotalSeconds, 0, 2);
        await Eventually.TrueAsync("node-lost", () => edge.Chs.Failures.Any(f => f.Fault.Code == FaultCodes.NodeLost));
        Assert.All(edge.Chs.Failures, f => Assert.False(f.NodeDied));
        Assert.False(edge.Chs.Current.ContainsKey(attempt));

        await using var again = node.Clone().Start();
        await Eventually.TrueAsync("the refusal", () => again.Got<LinkDown>().Any());
        Assert.Empty(again.Got<LinkUp>());
        Assert.Equal(other.Id, (await edge.SessionsAsync()).Single().Offer.Node);
        await StillWorks(edge, other);
    }

    [Fact]
    public async Task A_second_process_with_the_same_identity_is_refused_while_the_first_lives_and_takes_over_when_it_is_silent()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var first = new NodeHarness(edge).Start();
        await first.UpAsync();
        await using var second = first.Clone();
        second.Start();

        await Eventually.TrueAsync("the refusal", () => second.Got<LinkDown>().Any(d => d is { Final: false, Fault.Code: FaultCodes.DuplicateIdentity }));
        Assert.Empty(first.Got<LinkDown>());
        await StillWorks(edge, first);

        await first.StopAsync();
        await second.UpAsync();
    }

    [Fact]
    public async Task A_node_that_was_killed_and_started_again_is_in_at_once()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, [1]);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        await node.StopAsync();

        node.Start();

        // Sooner than the old session's silence would have been noticed.
        var took = await node.UpAsync(times: 2);
        Assert.InRange(took.TotalSeconds, 0, 7);
        Assert.False(edge.Chs.Current.ContainsKey(attempt));
        await StillWorks(edge, node);
    }

    [Fact]
    public async Task A_certificate_near_its_end_is_renewed_on_the_fly()
    {
        await using var edge = await EdgeHarness.StartAsync();
        // Certificates are backdated by an hour: ten minutes are less than a third of the whole life.
        await using var node = new NodeHarness(edge, lifetime: TimeSpan.FromMinutes(10));
        var before = node.Membership.Certificate.SerialNumber;
        node.Start();

        await node.UpAsync(times: 2);

        Assert.NotEqual(before, node.Membership.Certificate.SerialNumber);
        Assert.False(node.Membership.NeedsRenewal(DateTimeOffset.UtcNow));
        using var stored = node.Clone().Membership;
        Assert.Equal(node.Membership.Certificate.SerialNumber, stored.Certificate.SerialNumber);
        Assert.Single(edge.Chs.Got<RenewNode>());
        await StillWorks(edge, node);
    }

    [Fact]
    public async Task A_report_that_was_never_answered_survives_the_nodes_restart()
    {
        await using var edge = await EdgeHarness.StartAsync();
        await using var proxy = new TcpProxy(edge.Service.Port);
        await using var node = new NodeHarness(edge, proxy.Port).Start();
        await node.UpAsync();
        byte[] input = [1], result = [2];
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));
        proxy.Refuse(true);
        proxy.Cut();
        await Eventually.TrueAsync("the link down", () => node.Got<LinkDown>().Any());
        node.SendReport(attempt, input, result);
        await Eventually.TrueAsync("the outbox", () => node.OutboxFiles == 1);
        await node.StopAsync();

        proxy.Refuse(false);
        node.Start();

        await node.AckAsync(attempt, accepted: true);
        await Eventually.TrueAsync("an empty outbox", () => node.OutboxFiles == 0);
    }

    internal static async Task StillWorks(EdgeHarness edge, NodeHarness node)
    {
        byte[] input = [4], result = [5];
        var attempt = edge.Place(node.Id, await edge.SessionOfAsync(node.Id), input);
        node.SendReport(attempt, input, result);
        await node.AckAsync(attempt, accepted: true);
    }
}
