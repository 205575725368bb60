using Rxelon.Domain.Matching;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Entities;
using Rxelon.Hub.Scheduling;
using Rxelon.Shared.Ids;

namespace Rxelon.Hub.Admin.Commands;

/// <summary><c>tasks find</c>.</summary>
internal sealed class TasksFind(AdminContext context) : IAdminCommand
{
    private const int Most = 100;

    public string Module => "tasks";

    public string Verb => "find";

    public string Description => "Tasks by id prefix, owner or phase, newest first";

    public IReadOnlyList<AdminSwitch> Switches =>
        [new("prefix", "how the id starts"), new("account", "owner's id or name"), new("phase", "queued, running, completed, …")];

    public Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        AccountId? owner = null;
        if (arguments.Get("account") is { } text && (owner = context.FindAccount(text)) is null)
            return Refuse(output, $"There is no account '{text}', or several have that name.");
        TaskPhase? phase = null;
        if (arguments.Get("phase") is { } word)
        {
            if (!Enum.TryParse<TaskPhase>(word, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed))
                return Refuse(output, $"There is no phase '{word}'.");
            phase = parsed;
        }

        foreach (var t in context.Tasks.Find(arguments.Get("prefix"), owner, phase, Most))
        {
            output.Line($"{t.Task}  {t.Phase,-10}  {t.PartsAccepted}/{t.PartsTotal} parts  {t.Cost} tokens  owner {t.Owner}  {t.Name}{(t.Reason is { } r ? $"  ({r.Code})" : "")}");
        }

        return Task.FromResult(0);
    }

    private static Task<int> Refuse(IAdminOutput output, string why)
    {
        output.Line(why);
        return Task.FromResult(1);
    }
}

/// <summary><c>tasks why</c>: why it waits, or how it ended.</summary>
internal sealed class TasksWhy(AdminContext context) : IAdminCommand
{
    public string Module => "tasks";

    public string Verb => "why";

    public string Description => "Why a task waits, or how it ended";

    public IReadOnlyList<AdminSwitch> Switches => [new("task", "the task's id", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!TaskId.TryParse(arguments.Need("task"), out var task)
            || await context.AskAsync<TaskRegion>(new GetTask(task, null, context.Now), cancel) is not TaskView view)
        {
            output.Line($"There is no task '{arguments.Need("task")}'.");
            return 1;
        }

        output.Line($"{task} is {view.Phase}, {view.Parts.Count(p => p.Phase == PartPhase.Accepted)} of {view.Parts.Count} parts accepted");
        if (view.Reason is { } reason)
            output.Line($"{reason.Code} ({reason.Culprit}): {reason.Message}");
        else if (view.EndedAt is null)
        {
            var wait = (WaitReason)await context.AskAsync<MatchmakerKey>(new AskWhy(task), cancel);
            output.Line($"{wait.Sentence}{(wait.Estimate is { } e ? $" Estimate: {e.TotalSeconds:0} s." : "")}");
        }

        return 0;
    }
}

/// <summary><c>tasks cancel</c>: as its owner would.</summary>
internal sealed class TasksCancel(AdminContext context) : IAdminCommand
{
    public string Module => "tasks";

    public string Verb => "cancel";

    public string Description => "Stop a task; what was finished is paid";

    public IReadOnlyList<AdminSwitch> Switches => [new("task", "the task's id", Required: true)];

    public async Task<int> RunAsync(AdminArguments arguments, IAdminOutput output, CancellationToken cancel)
    {
        if (!TaskId.TryParse(arguments.Need("task"), out var task))
        {
            output.Line($"'{arguments.Need("task")}' is not a task id; 'tasks find' shows them.");
            return 1;
        }

        var reply = (TaskReply)await context.AskAsync<TaskRegion>(new CancelTask(task, null, context.Now), cancel);
        output.Line(reply is TaskRefused refused ? $"{refused.Fault.Code}: {refused.Fault.Message}" : $"{task} cancelled");
        return reply is TaskRefused ? 1 : 0;
    }
}
