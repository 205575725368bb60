using Rxelon.Cli.Output;
using Rxelon.Client.KeyHolding;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Sessions;

/// <summary>What a submission is asked to do besides the plan.</summary>
internal sealed record RunWishes(string Out, bool Detach);

/// <summary>From a plan to results: encrypt, quote, submit, watch, fetch, report.</summary>
internal sealed class TaskRun(CliSession session, Login login)
{
    private const int Requotes = 2;

    internal async Task<int> RunAsync(TaskPlan plan, RunWishes wishes, CancellationToken ct)
    {
        var console = session.Console;
        var streamed = StreamedRun.Fits(plan, wishes, console.Json) ? new StreamedRun(session, login) : null;
        if (streamed is not null)
            plan = StreamedRun.Asking(plan);
        var submitted = await ProgressView.RunAsync(console, session.Host.Time, view => SubmitAsync(plan, view, ct)).ConfigureAwait(false);
        if (submitted.Fault is { } fault)
            return console.Fail(fault);
        var (answer, ownerKey, order) = submitted.Value;
        var task = answer.Task;
        var isSealed = plan.Spec.Privacy.Custody == Custody.Sealed;
        if (wishes.Detach)
        {
            if (console.Json)
                console.Document(answer);
            else
                console.Text(task.ToString());
            console.Remark(isSealed
                ? $"Its keys are with you: it stands still until rxelon task keys {task} hands them over."
                : $"It runs on without this command: rxelon task watch {task}");
            if (plan.Spec.Verify?.Tolerance is not null)
                console.Remark(isSealed ? $"Results that differ wait for you: rxelon task compare {task}" : $"Results that differ are compared by another operator's node, unless you do first: rxelon task compare {task}");
            return ExitCodes.Ok;
        }

        console.Remark($"task {task}");
        int code;
        try
        {
            if (await FollowAsync(task, order, ownerKey, streamed, ct).ConfigureAwait(false) is { } cut)
                return console.Fail(cut);
            code = await new TaskOutcome(session, login, streamed?.Said ?? default).DeliverAsync(task, wishes.Out, plan.Merge, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            console.Remark(isSealed
                ? $"The task stands still without its keys: rxelon task keys {task}, or rxelon task cancel {task}"
                : $"The task runs on without this command: rxelon task watch {task}, or rxelon task cancel {task}");
            throw;
        }

        await new ReceiptDesk(session, login).KeepAsync(task, ct).ConfigureAwait(false);
        return code;
    }

    /// <summary>Follows the task to its end: null then. Meanwhile hands over keys and compares results, where they are its owner's business.</summary>
    private Task<Fault?> FollowAsync(TaskId task, OrderTerms order, byte[] ownerKey, StreamedRun? streamed, CancellationToken ct)
    {
        List<Func<CancellationToken, Task<Fault?>>> beside = [];
        if (order.Spec.Privacy.Custody == Custody.Sealed)
            beside.Add(over => new KeyDesk(session, login).AttendAsync(task, order, ownerKey, null, null, null, over));
        if (order.Spec.Verify?.Tolerance is { } tolerance)
            beside.Add(over => new ComparisonDesk(session, login).AttendAsync(task, tolerance, ownerKey, over));
        return Attendance.WhileAsync(
            over => streamed is not null ? streamed.UntilEndAsync(task, over) : new TaskWatch(session, login).UntilEndAsync(task, over), beside, ct);
    }

    private async Task<Outcome<Submitted>> SubmitAsync(TaskPlan plan, ProgressView view, CancellationToken ct)
    {
        var info = await login.Hub.InfoAsync(ct).ConfigureAwait(false);
        if (info.Fault is { } unknown)
            return unknown;
        session.Journal.Sweep(session.Host.Time);
        var progress = new Steps(view);
        var preparer = new TaskPreparer(session.Profiles.JournalDirectory, session.Host.Variable, session.Host.Stdin);
        var prepared = await preparer.PrepareAsync(plan, info.Value, login.Keys.Exchange.PublicKey, progress, ct).ConfigureAwait(false);
        if (prepared.Fault is { } unprepared)
            return unprepared;
        var task = prepared.Value;
        session.Console.Remark(CustodyTerms.Limits(plan.Spec.Privacy.Custody));
        for (var quotes = 0; ; quotes++)
        {
            var quote = await QuoteAsync(task, ct).ConfigureAwait(false);
            if (quote.Fault is { } refused)
            {
                task.Discard();
                return refused;
            }

            // Without a limit of the user's own the quote is the limit, and a quote that rose meanwhile is asked for again.
            var max = plan.Spec.Budget.Max;
            var budget = max > Tokens.Zero ? max : quote.Value.Ceiling;
            var again = max == Tokens.Zero && quotes < Requotes;
            var answer = await session.Journal.SendAsync(login.Hub, login.Keys, task, task.Sign(login.Keys, budget, quote.Value.Token), progress, again, ct).ConfigureAwait(false);
            if (answer.IsOk || !again || answer.Fault!.Code != FaultCodes.BudgetExceeded)
            {
                if (!answer.IsOk && !answer.Fault!.Retryable)
                    task.Discard();
                return answer.Fault is { } final ? final : new Submitted(answer.Value, task.OwnerKey, new OrderTerms(task.Spec, task.Parts.Count));
            }
        }
    }

    private async Task<Outcome<QuoteResponse>> QuoteAsync(PreparedTask task, CancellationToken ct)
    {
        var quote = await login.Hub.QuoteAsync(new QuoteRequest(task.Spec, task.Parts.Count), ct).ConfigureAwait(false);
        if (quote.Fault is { } fault)
            return fault;
        var planned = StagePlan.Of(task.Spec, task.Parts.Count);
        session.Console.Remark(QuoteText.Sentence(quote.Value, planned.IsOk ? (int)planned.Value.Total : task.Parts.Count));
        var max = task.Spec.Budget.Max;
        return max > Tokens.Zero && quote.Value.Ceiling > max
            ? new Fault(FaultCodes.BudgetExceeded, $"The task may cost up to {Words.Money(quote.Value.Ceiling)} and the limit is {Words.Money(max)}. Nothing was sent.", Culprit.Input)
            : quote;
    }

    private sealed record Submitted(SubmitResponse Answer, byte[] OwnerKey, OrderTerms Order);

    private sealed class Steps(ProgressView view) : IProgress<SubmitProgress>
    {
        public void Report(SubmitProgress value)
            => view.Report(value.Stage == SubmitStage.Encrypting ? "encrypting" : "uploading", value.Done, value.Total);
    }
}

/// <summary>A quote in one sentence.</summary>
internal static class QuoteText
{
    internal static string Sentence(QuoteResponse quote, int parts)
    {
        var start = quote.StartsInSeconds is { } seconds ? seconds < 1 ? "starts at once" : $"starts in about {Words.Time(seconds)}" : "start unknown";
        var reasons = quote.Reasons.Count > 0 ? $" ({string.Join("; ", quote.Reasons)})" : "";
        return $"{parts} part{(parts == 1 ? "" : "s")}, at most {Words.Money(quote.Ceiling)}, {start}, {quote.NodesFit} of {quote.NodesTotal} nodes fit{reasons}";
    }
}
