using System.Runtime.CompilerServices;
using Rxelon.Domain.Accounts;
using Rxelon.Domain.Nodes;
using Rxelon.Domain.Tasks;
using Rxelon.Domain.Tests.World;

namespace Rxelon.Domain.Tests;

/// <summary>No command or event is forgotten, and none that a decider does not know is passed over in silence.</summary>
public sealed class EveryMessageSpecs
{
    public static TheoryData<Type> Of(Type contract)
        => [.. contract.Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && contract.IsAssignableFrom(t))];

    [Theory]
    [MemberData(nameof(Of), typeof(ITaskEvent))]
    public void A_task_folds(Type kind) => Known(() => TaskDecider.Apply(TaskState.Of(Ids.Task(1)), Blank<ITaskEvent>(kind)));

    [Theory]
    [MemberData(nameof(Of), typeof(IAccountEvent))]
    public void An_account_folds(Type kind)
        => Known(() => AccountDecider.Apply(AccountState.Of(Ids.Account(1)), Blank<IAccountEvent>(kind)));

    [Theory]
    [MemberData(nameof(Of), typeof(INodeEvent))]
    public void A_node_folds(Type kind) => Known(() => NodeDecider.Apply(NodeState.Of(Ids.Node(1)), Blank<INodeEvent>(kind)));

    [Theory]
    [MemberData(nameof(Of), typeof(ITaskCommand))]
    public void A_task_decides(Type kind) => Known(() => TaskDecider.Decide(TaskState.Of(Ids.Task(1)), Blank<ITaskCommand>(kind)));

    [Theory]
    [MemberData(nameof(Of), typeof(IAccountCommand))]
    public void An_account_decides(Type kind)
        => Known(() => AccountDecider.Decide(AccountState.Of(Ids.Account(1)), Blank<IAccountCommand>(kind)));

    [Theory]
    [MemberData(nameof(Of), typeof(INodeCommand))]
    public void A_node_decides(Type kind) => Known(() => NodeDecider.Decide(NodeState.Of(Ids.Node(1)), Blank<INodeCommand>(kind)));

    [Fact]
    public void Strangers_are_refused_loudly()
    {
        Assert.Throws<InvalidOperationException>(() => TaskDecider.Apply(TaskState.Of(Ids.Task(1)), new StrangeTaskEvent()));
        Assert.Throws<InvalidOperationException>(() => TaskDecider.Decide(TaskState.Of(Ids.Task(1)), new StrangeTaskCommand()));
    }

    private static T Blank<T>(Type kind) => (T)RuntimeHelpers.GetUninitializedObject(kind);

    // A blank message may well break a rule's reading of it; only "no rule" is a failure here.
    private static void Known(Action act)
    {
        var error = Record.Exception(act);
        Assert.False(error is InvalidOperationException && error.Message.StartsWith("No rule", StringComparison.Ordinal), error?.Message);
    }

    private sealed record StrangeTaskEvent : ITaskEvent
    {
        public DateTimeOffset At => Given.Start;
    }

    private sealed record StrangeTaskCommand : ITaskCommand
    {
        public Rxelon.Shared.Ids.TaskId Task => Ids.Task(1);

        public DateTimeOffset At => Given.Start;
    }
}
