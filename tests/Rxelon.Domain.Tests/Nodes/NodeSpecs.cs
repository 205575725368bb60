using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tests.Nodes;

public sealed class NodeSpecs
{
    private static readonly EnrolNode Enrol = new(
        Ids.Node(1), Ids.Account(1), "attic", [1], "label", [2], NeedsApproval: true, Given.Start);

    private readonly List<INodeEvent> _journal = [];
    private NodeState _state = NodeState.Of(Ids.Node(1));

    [Fact]
    public void An_enrolled_node_waits_for_approval_where_that_is_asked_for()
    {
        Do(Enrol);
        Assert.Equal(NodeStanding.Pending, _state.Standing);
        Assert.Contains(new StandingChanged(NodeStanding.Active), Do(new ApproveNode(Enrol.Node, "admin", Given.Start)).Effects);
        Do(Enrol with { Label = "new" });
        Assert.Equal((NodeStanding.Active, "new"), (_state.Standing, _state.Label));
        Do(Enrol with { Label = "new" });
        Assert.Equal(3, _journal.Count);
    }

    [Fact]
    public void Where_no_approval_is_asked_for_a_node_is_active_at_once()
    {
        Do(Enrol with { NeedsApproval = false });
        Assert.Equal(NodeStanding.Active, _state.Standing);
    }

    [Fact]
    public void Revocation_is_final()
    {
        Do(Enrol);
        Assert.Contains(new StandingChanged(NodeStanding.Revoked), Do(new RevokeNode(Enrol.Node, "admin", "stolen", Given.Start)).Effects);
        foreach (INodeCommand again in new INodeCommand[]
            { Enrol, new ApproveNode(Enrol.Node, "admin", Given.Start), new RenewNode(Enrol.Node, [9], Given.Start) })
            Assert.Equal(FaultCodes.NodeRevoked, Assert.IsType<NodeRefused>(Do(again).Reply).Fault.Code);
        Assert.Equal([new StandingChanged(NodeStanding.Revoked)], NodeDecider.Owed(_state, Given.Start));
    }

    [Fact]
    public void Another_operator_cannot_take_a_node_over()
    {
        Do(Enrol);
        Assert.Equal(FaultCodes.Conflict, Assert.IsType<NodeRefused>(Do(Enrol with { Operator = Ids.Account(2) }).Reply).Fault.Code);
    }

    [Fact]
    public void A_lie_that_was_proven_before_an_admins_word_is_covered_by_it_and_every_other_goes_round()
    {
        Do(Enrol);
        var lie = new QuarantineNode(Enrol.Node, Ids.Task(1), 3, 2, "outvoted", Given.Start) { JudgedAt = Given.Start };
        var spread = new SpreadDistrust(Enrol.Node, Enrol.Operator, Ids.Task(1), Given.Start);
        Assert.Contains(spread, Do(lie).Effects);
        Assert.Contains(spread, NodeDecider.Owed(_state, Given.Start));
        Do(new ReinstateNode(Enrol.Node, "admin", "talked to them", Given.Start.AddMinutes(1)));
        Assert.Empty(NodeDecider.Owed(_state, Given.Start));
        Assert.Empty(Do(lie with { At = Given.Start.AddHours(1) }).Events);
        Assert.Single(Do(lie with { JudgedAt = Given.Start.AddHours(1) }).Events);
    }

    [Fact]
    public void A_node_that_gave_a_wrong_answer_is_quarantined_for_the_first_one_until_an_admin_lifts_it()
    {
        Do(Enrol);
        var first = new QuarantineNode(Enrol.Node, Ids.Task(1), 3, 2, "outvoted", Given.Start);
        Assert.Contains(new QuarantineChanged(true), Do(first).Effects);
        Assert.Empty(Do(first with { Part = 4 }).Events);
        Assert.Equal(new NodeQuarantined(Ids.Task(1), 3, 2, "outvoted", Given.Start), Assert.IsType<NodeView>(NodeDecider.View(_state)).Quarantine);

        Assert.Contains(new QuarantineChanged(false), Do(new ReinstateNode(Enrol.Node, "admin", "talked to them", Given.Start)).Effects);
        Assert.Null(_state.Quarantine);
        Assert.Empty(Do(new ReinstateNode(Enrol.Node, "admin", "again", Given.Start)).Events);
        Do(first with { Part = 4 });
        Assert.Equal(4, _state.Quarantine!.Part);
    }

    [Fact]
    public void A_window_counts_once()
    {
        Do(Enrol);
        var window = new RecordNodeWindow(Enrol.Node, new NodeWindow(Given.Start, Given.Start.AddMinutes(1), 60_000, 3, 2, 1, 500), Given.Start);
        Do(window);
        Do(window);
        var view = Assert.IsType<NodeView>(NodeDecider.View(_state));
        Assert.Equal((60_000, 3, 2, 1), (view.OnlineMillis, view.Accepted, view.Failed, view.Lost));
    }

    [Fact]
    public void A_node_that_never_enrolled_is_not_found()
    {
        foreach (INodeCommand early in new INodeCommand[]
            { new GetNode(Enrol.Node, Given.Start), new ApproveNode(Enrol.Node, "a", Given.Start), new RevokeNode(Enrol.Node, "a", "b", Given.Start) })
            Assert.Equal(FaultCodes.NotFound, Assert.IsType<NodeRefused>(Do(early).Reply).Fault.Code);
    }

    private Rxelon.Domain.Kernel.Decision<INodeEvent, NodeReply, INodeEffect> Do(INodeCommand command)
    {
        var decision = NodeDecider.Decide(_state, command);
        _state = decision.Events.Aggregate(_state, NodeDecider.Apply);
        _journal.AddRange(decision.Events);
        return decision;
    }
}
