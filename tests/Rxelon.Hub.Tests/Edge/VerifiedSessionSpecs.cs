using System.Security.Cryptography;
using Akka.Actor;
using Google.Protobuf;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Edge;
using Rxelon.Hub.Scheduling;
using Rxelon.Node.Link;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Verification;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Edge;

/// <summary>What verification needs of a node's session: promises, questions, answers, quarantine.</summary>
public sealed class VerifiedSessionSpecs
{
    private static readonly byte[] Input = [1];
    private static readonly byte[] Result = [2];
    private static readonly byte[] Nonce = SHA256.HashData([3]);
    private static readonly Answer Right = Answer.FromBytes(SHA256.HashData([4]));

    [Fact]
    public async Task A_signed_promise_reaches_the_task_and_a_forged_one_fails_the_attempt()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var good = edge.Place(node.Id, session, Input);
        var promise = AnswerCommitment.Of(good, Nonce, Right);
        node.SendReport(good, Input, Result, r => Promise(node, r, good, promise));
        await node.AckAsync(good, accepted: true);
        Assert.Equal(promise, edge.Chs.Accepted[good].Promise!.Value.Commitment);

        var forged = edge.Place(node.Id, session, Input);
        node.SendReport(forged, Input, Result, r => Promise(node, r, good, promise));
        await node.AckAsync(forged, accepted: false);
        Assert.Equal(FaultCodes.BadSignature, edge.Chs.Failures.Single().Fault.Code);
    }

    [Fact]
    public async Task A_question_goes_to_the_present_session_and_to_the_next_one_and_the_answer_to_the_task()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, _) = one;
        var attempt = new AttemptId(TaskId.FromBytes(RandomNumberGenerator.GetBytes(16)), 3, 2);
        edge.Router.Tell(new AskReveals(node.Id, attempt.Task, [new PartAttempt(3, 2)]));
        await Eventually.TrueAsync("the question", () => Questions(node, attempt) == 1);

        await node.StopAsync();
        node.Told.Clear();
        node.Start();
        await Eventually.TrueAsync("the question again", () => Questions(node, attempt) == 1);
        var reveals = new Reveals();
        reveals.Reveals_.Add(new Reveals.Types.Reveal { Attempt = NodeHarness.Key(attempt), Nonce = ByteString.CopyFrom(Nonce), Answer = ByteString.CopyFrom(Right.ToBytes()) });
        node.Link.Tell(new Send(new ToHub { Reveals = reveals }, Reliable: true));
        await Eventually.TrueAsync("the answer", () => edge.Chs.Got<RevealAnswers>().Any());
        var shown = edge.Chs.Got<RevealAnswers>().First();
        Assert.Equal((attempt.Task, node.Id), (shown.Task, shown.Node));
        Assert.Equal((new PartAttempt(3, 2), Right), (shown.Answers.Single().Attempt, shown.Answers.Single().Answer));
        Assert.Equal(Nonce, shown.Answers.Single().Nonce);
    }

    [Fact]
    public async Task A_quarantined_node_gives_back_what_it_runs_and_is_offered_again_when_it_is_reinstated()
    {
        await using var one = await OneNode.InSessionAsync();
        var (edge, node, session) = one;
        var attempt = edge.Place(node.Id, session, Input);
        await Eventually.TrueAsync("the assignment", () => node.Frames.Any(f => f.Assign is not null));

        edge.Router.Tell(new SetQuarantine(node.Id, true));
        await Eventually.TrueAsync("the stop", () => node.Frames.Any(f => f.Stop is { } s && s.Attempt.Equals(NodeHarness.Key(attempt))));
        await Eventually.TrueAsync("the failure", () => edge.Chs.Failures.Any());
        Assert.Equal(FaultCodes.OperatorDistrusted, edge.Chs.Failures.Single().Fault.Code);
        Assert.True(edge.Chs.Matchmaker.OfType<OfferUpdate>().Last().Offer.Draining);

        edge.Router.Tell(new SetQuarantine(node.Id, false));
        await Eventually.TrueAsync("the offer", () => !edge.Chs.Matchmaker.OfType<OfferUpdate>().Last().Offer.Draining);
    }

    private static int Questions(NodeHarness node, AttemptId attempt) => node.Frames.Count(f => f.Reveal is { } r && r.Attempts.Contains(NodeHarness.Key(attempt)));

    private static void Promise(NodeHarness node, AttemptReport report, AttemptId attempt, byte[] commitment)
    {
        report.Commitment = ByteString.CopyFrom(commitment);
        report.CommitSignature = ByteString.CopyFrom(node.Membership.Identity.Sign(SignedStatements.Commit(attempt, node.Id, commitment)));
    }
}
