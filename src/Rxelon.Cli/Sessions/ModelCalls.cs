using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rxelon.Client.Hub;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Cli.Sessions;

/// <summary>What each call of a model may take: seconds of an attempt, tokens (zero: the quote), and its tier.</summary>
internal sealed record CallTerms(int TimeSeconds, Tokens Max, Tier Tier);

/// <summary>
/// Chat completions as encrypted tasks of one part: the request is the part's input, the response its standard output. Safe for
/// concurrent use.
/// </summary>
internal sealed class ModelCalls(CliSession session, Login login, CallTerms terms)
{
    private const int Requotes = 5;
    private const long OutputBytes = 16L << 20;
    private const long KeptSeconds = 3600;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    private static readonly Resources OfAPart = new(1000, 64L << 20, 64L << 20);

    /// <summary>The models that live nodes offer.</summary>
    internal Task<Outcome<ModelInfo[]>> ModelsAsync(CancellationToken ct) => login.Hub.ModelsAsync(ct);

    /// <summary>Encrypts and submits a request. Unavailable when no node offers the model now: a call does not queue for one.</summary>
    internal async Task<Outcome<TaskId>> SubmitAsync(string model, byte[] request, CancellationToken ct)
    {
        var info = await login.Hub.InfoAsync(ct).ConfigureAwait(false);
        if (info.Fault is { } unknown)
            return unknown;
        var preparer = new TaskPreparer(session.Profiles.JournalDirectory, session.Host.Variable, () => new MemoryStream(request));
        var prepared = await preparer.PrepareAsync(Plan(model), info.Value, login.Keys.Exchange.PublicKey, null, ct).ConfigureAwait(false);
        if (prepared.Fault is { } unprepared)
            return unprepared;
        var answer = await SendAsync(prepared.Value, ct).ConfigureAwait(false);
        if (answer.Fault is not { } refused)
            return prepared.Value.Task;
        prepared.Value.Discard();
        return refused;
    }

    /// <summary>Waits for the task's end and gives the response; the task's own reason when it did not succeed.</summary>
    internal async Task<Outcome<JsonObject>> AnswerAsync(TaskId task, CancellationToken ct)
    {
        await foreach (var news in login.Hub.WatchAsync(task, ct).ConfigureAwait(false))
        {
            if (news.Fault is { } cut)
                return cut;
        }

        var ended = await login.Hub.TaskAsync(task, ct).ConfigureAwait(false);
        if (ended.Fault is { } gone)
            return gone;
        if (!TaskPhases.IsSuccess(ended.Value.Summary.Phase))
        {
            return ended.Value.Summary.Reason is { } reason
                ? new Fault(reason.Code, reason.Message, Enum.TryParse<Culprit>(reason.Culprit, out var culprit) ? culprit : Culprit.None, reason.Retryable)
                : new Fault(FaultCodes.Unavailable, $"{task} is {ended.Value.Summary.Phase.ToLowerInvariant()}.", Culprit.Hub);
        }

        return await ReadAsync(ended.Value, ct).ConfigureAwait(false);
    }

    /// <summary>The answer while it comes; see <see cref="LiveAnswer"/>.</summary>
    internal IAsyncEnumerable<AnswerPiece> LiveAsync(TaskId task, CancellationToken ct) => new LiveAnswer(login, task).ReadAsync(ct);

    /// <summary>Whoever asked is gone.</summary>
    internal Task<Fault?> CancelAsync(TaskId task, CancellationToken ct) => login.Hub.CancelAsync(task, ct);

    private async Task<Outcome<JsonObject>> ReadAsync(TaskResponse task, CancellationToken ct)
    {
        var key = TaskKeyRecovery.Open(task, login.Keys);
        if (key.Fault is { } locked)
            return locked;
        var stdout = new MemoryStream();
        try
        {
            var fetcher = new ResultFetcher(login.Hub, session.Profiles.DownloadsDirectory);
            if (await fetcher.ToStreamAsync(task.Summary.Task, FinalParts.Of(task), key.Value, stdout, MergeMode.Concat, null, ct).ConfigureAwait(false) is { } broken)
                return broken;
            if (JsonNode.Parse(stdout.ToArray(), documentOptions: Strict) is JsonObject response && IsCompletion(response))
                return response;
        }
        catch (JsonException)
        {
            // Said below, as for JSON of another kind.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key.Value);
        }

        return new Fault(FaultCodes.Malformed, "The node's answer is not a chat completion.", Culprit.Node, Retryable: true);
    }

    // Nodes are strangers: what is read of the answer later must be there.
    private static bool IsCompletion(JsonObject response)
        => response["choices"] is JsonArray { Count: > 0 } choices && choices[0] is JsonObject choice && choice["message"] is JsonObject;

    private async Task<Outcome<SubmitResponse>> SendAsync(PreparedTask task, CancellationToken ct)
    {
        for (var quotes = 0; ; quotes++)
        {
            var quote = await login.Hub.QuoteAsync(new QuoteRequest(task.Spec, task.Parts.Count), ct).ConfigureAwait(false);
            if (quote.Fault is { } fault)
                return fault;
            if (quote.Value.NodesFit == 0)
                return new Fault(FaultCodes.Unavailable, $"No node can answer just now: {string.Join("; ", quote.Value.Reasons)}.", Culprit.None, Retryable: true);
            if (terms.Max > Tokens.Zero && quote.Value.Ceiling > terms.Max)
                return new Fault(FaultCodes.BudgetExceeded, $"The answer may cost up to {quote.Value.Ceiling} tokens and the limit is {terms.Max}.", Culprit.Input);
            var budget = terms.Max > Tokens.Zero ? terms.Max : quote.Value.Ceiling;
            var answer = await session.Journal.SendAsync(login.Hub, login.Keys, task, task.Sign(login.Keys, budget, quote.Value.Token), null, keep: true, ct).ConfigureAwait(false);
            if (answer.IsOk || answer.Fault!.Code != FaultCodes.BudgetExceeded || quotes == Requotes)
                return answer;
        }
    }

    private TaskPlan Plan(string model) => new()
    {
        Inputs = ["-"],
        Program = new ProgramPlan(),
        BaseDirectory = session.Host.Directory,
        Spec = new TaskSpec
        {
            Name = ModelPlan.LabelOf(model),
            Kind = WorkloadKind.Model,
            Image = model,
            Resources = OfAPart,
            Limits = new Limits { TimeSeconds = terms.TimeSeconds, OutputBytes = OutputBytes },
            Budget = new Budget { Max = terms.Max, Tier = terms.Tier },
            Retain = new Retention { ResultsSeconds = KeptSeconds },
        },
    };
}
