using System.Text;
using Rxelon.Client.Specs;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Sessions;

/// <summary>
/// A question to a model whose answer goes to standard output while it comes. The result completes it (<see cref="Said"/> is what it must
/// begin with).
/// </summary>
internal sealed class StreamedRun(CliSession session, Login login)
{
    private readonly MemoryStream _said = new();

    /// <summary>What was written to standard output.</summary>
    internal ReadOnlyMemory<byte> Said => _said.ToArray();

    /// <summary>One question with one answer in text, for a person or a pipe: a part that is a request itself is answered with JSON.</summary>
    internal static bool Fits(TaskPlan plan, RunWishes wishes, bool json)
        => plan is { Spec: { Kind: WorkloadKind.Model, Stages: null, Privacy.Custody: Custody.Managed }, Program.Model: not null, Inputs.Count: 0, Split.By: SplitBy.None }
            && wishes is { Detach: false, Out: "-" } && !json;

    /// <summary>The plan whose answer is passed on while it comes.</summary>
    internal static TaskPlan Asking(TaskPlan plan) => plan with { Program = plan.Program with { Model = plan.Program.Model! with { Stream = true } } };

    /// <summary>Writes what comes; null at the end of the task, whatever the end is.</summary>
    internal async Task<Fault?> UntilEndAsync(TaskId task, CancellationToken ct)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var writing = WriteAsync(task, over.Token);
        var fault = await WatchAsync(task, ct).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ct.ThrowIfCancellationRequested();
        return fault ?? (writing.Exception?.InnerException is IOException e
            ? new Fault(FaultCodes.Unavailable, $"Standard output cannot be written: {e.Message}", Culprit.Input)
            : null);
    }

    private async Task WriteAsync(TaskId task, CancellationToken ct)
    {
        var stdout = session.Host.Stdout();
        await using (stdout.ConfigureAwait(false))
        {
            await foreach (var piece in new LiveAnswer(login, task).ReadAsync(ct).ConfigureAwait(false))
            {
                var bytes = Encoding.UTF8.GetBytes(piece.Content);
                _said.Write(bytes);
                await stdout.WriteAsync(bytes, CancellationToken.None).ConfigureAwait(false);
                await stdout.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<Fault?> WatchAsync(TaskId task, CancellationToken ct)
    {
        await foreach (var news in login.Hub.WatchAsync(task, ct).ConfigureAwait(false))
        {
            if (news.Fault is { } fault)
                return fault;
        }

        return null;
    }
}
