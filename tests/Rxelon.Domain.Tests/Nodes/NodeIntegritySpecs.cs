using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tests.World;
using Rxelon.Shared.Integrity;
using Rxelon.Shared.Values;

namespace Rxelon.Domain.Tests.Nodes;

public sealed class NodeIntegritySpecs
{
    private static readonly MeasureNode Honest = new(Ids.Node(1), Groups(1, 2, 3), [], "1.0", IsKnown: false, Given.Start);

    private readonly List<INodeEvent> _journal = [];
    private NodeState _state = NodeState.Of(Ids.Node(1));

    public NodeIntegritySpecs() => Do(new EnrolNode(Ids.Node(1), Ids.Account(1), "attic", [1], "label", [2], NeedsApproval: false, Given.Start));

    [Fact]
    public void What_a_node_is_first_seen_to_be_is_what_it_is_compared_with()
    {
        Do(Honest);
        Do(Honest with { At = Given.Start.AddHours(1) });
        Assert.Equal("first", Assert.Single(_journal.OfType<NodeMeasured>()).By);
        Assert.Null(_state.Alarm);
    }

    [Theory]
    [InlineData(9, 2, AlarmCodes.ApplicationChanged)]
    [InlineData(1, 9, AlarmCodes.ConfigurationChanged)]
    public void A_changed_client_or_configuration_isolates_the_node_and_both_digests_are_kept(byte application, byte configuration, string code)
    {
        Do(Honest);
        var decision = Do(Honest with { Groups = Groups(application, configuration, 3) });
        Assert.Equal(FaultCodes.NodeIsolated, Assert.IsType<NodeRefused>(decision.Reply).Fault.Code);
        Assert.Equal(code, Assert.IsType<NodeIsolated>(Assert.Single(decision.Effects)).Alarm.Code);
        var alarm = Assert.IsType<IntegrityAlarm>(_state.Alarm);
        Assert.NotEqual(alarm.Expected, alarm.Seen);

        // Being what it was again does not help: an admin decides.
        Assert.IsType<NodeRefused>(Do(Honest).Reply);
        Assert.Single(_journal.OfType<NodeAlarmRaised>());
    }

    [Fact]
    public void An_allowed_client_an_announced_configuration_and_a_new_engine_raise_no_alarm()
    {
        Do(Honest);
        Do(Honest with { Groups = Groups(9, 2, 3), IsKnown = true });
        Do(Honest with { Groups = Groups(9, 8, 3), Announced = [MeasureGroups.Configuration] });
        Do(Honest with { Groups = Groups(9, 8, 7) });
        Assert.Equal(["first", "allowed", "announced", "itself"], _journal.OfType<NodeMeasured>().Select(m => m.By));
        Assert.Null(_state.Alarm);
    }

    [Fact]
    public void An_announced_configuration_does_not_excuse_a_changed_client()
    {
        Do(Honest);
        Do(Honest with { Groups = Groups(9, 8, 3), Announced = [MeasureGroups.Configuration, MeasureGroups.Application] });
        Assert.Equal(AlarmCodes.ApplicationChanged, _state.Alarm?.Code);
    }

    [Fact]
    public void An_admin_approves_what_was_seen_or_clears_the_alarm_and_keeps_the_old_measure()
    {
        Do(Honest);
        Assert.IsType<NodeRefused>(Do(new RebaselineNode(Ids.Node(1), "root", Given.Start)).Reply);
        var changed = Honest with { Groups = Groups(9, 2, 3) };
        Do(changed);
        Do(new ClearNodeAlarm(Ids.Node(1), "root", "put back", Given.Start));
        Assert.IsType<NodeOk>(Do(Honest).Reply);
        Do(changed);
        Do(new RebaselineNode(Ids.Node(1), "root", Given.Start));
        Assert.Null(_state.Alarm);
        Assert.IsType<NodeOk>(Do(changed).Reply);
        Assert.Equal("root", _state.Baseline?.By);
    }

    [Fact]
    public void The_first_alarm_stands_and_only_one_about_the_log_lets_the_log_begin_anew()
    {
        Do(Honest);
        var forked = new IntegrityAlarm(AlarmCodes.LogForked, "record 7", [1], [2], "another history.", Given.Start);
        Do(new RaiseNodeAlarm(Ids.Node(1), forked, Given.Start));
        Do(new RaiseNodeAlarm(Ids.Node(1), forked with { Code = AlarmCodes.ImageAltered }, Given.Start));
        Assert.Equal(AlarmCodes.LogForked, _state.Alarm?.Code);
        Assert.IsType<NodeRefused>(Do(new RebaselineNode(Ids.Node(1), "root", Given.Start)).Reply);
        Do(new ClearNodeAlarm(Ids.Node(1), "root", "disk restored", Given.Start.AddHours(1)));
        Assert.Equal(Given.Start.AddHours(1), _state.LogSince);
        Do(new RaiseNodeAlarm(Ids.Node(1), forked with { Code = AlarmCodes.ImageAltered }, Given.Start));
        Do(new ClearNodeAlarm(Ids.Node(1), "root", "image removed", Given.Start.AddHours(2)));
        Assert.Equal(Given.Start.AddHours(1), _state.LogSince);
    }

    private static GroupDigest[] Groups(byte application, byte configuration, byte executors) =>
        [new(MeasureGroups.Application, [application]), new(MeasureGroups.Configuration, [configuration]), new(MeasureGroups.Executors, [executors])];

    private Rxelon.Domain.Kernel.Decision<INodeEvent, NodeReply, INodeEffect> Do(INodeCommand command)
    {
        var decision = NodeDecider.Decide(_state, command);
        _journal.AddRange(decision.Events);
        _state = decision.Events.Aggregate(_state, NodeDecider.Apply);
        return decision;
    }
}
