using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Rxelon.Client.Hub;
using Rxelon.Client.Results;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Drills;
using Rxelon.Shared.Api;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Bench.Network;

/// <summary>How long each stretch of a task's life took, as its user sees it.</summary>
/// <param name="Prepare">Splitting and encrypting, on the user's machine.</param>
/// <param name="Submit">Uploading and submitting, to the hub's durable yes.</param>
/// <param name="Complete">From there until the user hears that every part was accepted.</param>
/// <param name="Fetch">Fetching, checking and decrypting the result.</param>
internal sealed record Stretches(TimeSpan Prepare, TimeSpan Submit, TimeSpan Complete, TimeSpan Fetch)
{
    /// <summary>From the upload to the plaintext.</summary>
    internal TimeSpan Latency => Submit + Complete + Fetch;
}

/// <summary>Whole lifecycles of echo tasks through the SDK, as the command line does it. The output is compared with the input.</summary>
internal sealed class TaskRun(TestUser user, HubInfo hub, string directory, string module)
{
    private static readonly Resources Room = new(50, 8L << 20, 1L << 20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _journal = Path.Combine(directory, "bench-journal");
    private readonly string _downloads = Path.Combine(directory, "bench-downloads");

    /// <summary>One task with a part per line. Throws when anything but the same lines comes back.</summary>
    internal async Task<Stretches> RunAsync(string name, int lines, CancellationToken cancel)
    {
        var input = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, lines).Select(i => $"{name} line {i}\n")));
        var (stretches, output) = await RunAsync(Plan(name, lines), () => new MemoryStream(input), Patience, cancel).ConfigureAwait(false);
        return output.AsSpan().SequenceEqual(input)
            ? stretches
            : throw new InvalidDataException($"{name} gave {output.Length} bytes that are not its input of {input.Length}.");
    }

    /// <summary>One task of one part whose input is a file, on standard input; gives what the program wrote.</summary>
    internal Task<(Stretches Stretches, byte[] Output)> StreamAsync(string name, string file, long size, CancellationToken cancel)
        => RunAsync(
            Plan(name, 1) with
            {
                Spec = Plan(name, 1).Spec with { Resources = Room with { Disk = size + (1 << 20) }, Limits = new Limits { TimeSeconds = 120, OutputBytes = 1 << 20 } },
                Inputs = [file],
                Split = new SplitPlan(SplitBy.Bytes, size),
            },
            () => Stream.Null, Patience * 4, cancel);

    private async Task<(Stretches Stretches, byte[] Output)> RunAsync(TaskPlan plan, Func<Stream> stdin, TimeSpan patience, CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var prepared = (await new TaskPreparer(_journal, _ => null, stdin)
            .PrepareAsync(plan, hub, user.Keys.Exchange.PublicKey, null, cancel).ConfigureAwait(false)).Value;
        var quote = (await user.Hub.QuoteAsync(new QuoteRequest(plan.Spec, prepared.Parts.Count), cancel).ConfigureAwait(false)).Value;
        var request = prepared.Sign(user.Keys, quote);
        var prepare = Lap(watch);
        _ = (await new SubmissionJournal(_journal).SendAsync(user.Hub, user.Keys, prepared, request, null, false, cancel).ConfigureAwait(false)).Value;
        var submit = Lap(watch);
        await HearEndAsync(prepared, patience, cancel).ConfigureAwait(false);
        var complete = Lap(watch);
        var output = await FetchAsync(prepared, cancel).ConfigureAwait(false);
        var fetch = Lap(watch);
        return (new Stretches(prepare, submit, complete, fetch), output);
    }

    private TaskPlan Plan(string name, int lines) => new()
    {
        Spec = new TaskSpec
        {
            Name = name,
            Kind = WorkloadKind.Wasm,
            Resources = Room,
            Limits = new Limits { TimeSeconds = 10, OutputBytes = 1 << 20 },
        },
        Program = new ProgramPlan { ModulePath = module },
        Inputs = ["-"],
        BaseDirectory = directory,
        Split = lines == 1 ? SplitPlan.None : new SplitPlan(SplitBy.Lines, 1),
    };

    private async Task HearEndAsync(PreparedTask task, TimeSpan patience, CancellationToken cancel)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        late.CancelAfter(patience);
        try
        {
            await EndAsync(task, late.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var seen = (await user.Hub.TaskAsync(task.Task, cancel).ConfigureAwait(false)).Value;
            var why = await user.Hub.WhyAsync(task.Task, cancel).ConfigureAwait(false);
            var phases = string.Join(", ", seen.Parts.CountBy(p => $"{p.Phase} {p.LastFault?.Message}".TrimEnd()).Select(p => $"{p.Value} {p.Key}"));
            throw new TimeoutException($"{task.Task} did not end within {patience}: {seen.Summary.Phase}, parts {phases}; {(why.IsOk ? why.Value.Sentence : why.Fault)}");
        }
    }

    private async Task EndAsync(PreparedTask task, CancellationToken cancel)
    {
        await foreach (var heard in user.Hub.WatchAsync(task.Task, cancel).ConfigureAwait(false))
        {
            var news = heard.Value;
            if (!TaskPhases.IsEnd(news.Phase))
                continue;
            if (!TaskPhases.IsSuccess(news.Phase))
                throw new InvalidDataException($"{task.Task} ended as {news.Phase}: {news.Reason?.Message}");
            return;
        }

        throw new InvalidDataException($"The news of {task.Task} ended before it did.");
    }

    private async Task<byte[]> FetchAsync(PreparedTask prepared, CancellationToken cancel)
    {
        var task = (await user.Hub.TaskAsync(prepared.Task, cancel).ConfigureAwait(false)).Value;
        var key = TaskKeyRecovery.Open(task, user.Keys).Value;
        using var output = new MemoryStream();
        var fault = await new ResultFetcher(user.Hub, _downloads).ToStreamAsync(task.Summary.Task, FinalParts.Of(task), key, output, MergeMode.Concat, null, cancel).ConfigureAwait(false);
        CryptographicOperations.ZeroMemory(key);
        return fault is null ? output.ToArray() : throw new InvalidDataException($"{prepared.Task}: {fault}");
    }

    private static TimeSpan Lap(Stopwatch watch)
    {
        var lap = watch.Elapsed;
        watch.Restart();
        return lap;
    }
}
