using Rxelon.Client.Hub;
using Rxelon.Client.Profiles;
using Rxelon.Client.Specs;
using Rxelon.Client.Submission;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Drills;

/// <summary>A user (or operator) with an account of its own, acting through the SDK as the command line does.</summary>
public sealed class TestUser : IDisposable
{
    private readonly string _directory;

    private TestUser(HubClient hub, AccountKeys keys, string directory)
    {
        Hub = hub;
        Keys = keys;
        _directory = directory;
    }

    public HubClient Hub { get; }

    public AccountKeys Keys { get; }

    public AccountId Account => Keys.Account;

    /// <summary>Acts for an account that exists; submissions are prepared in <paramref name="directory"/>.</summary>
    public static TestUser Of(HubClient hub, AccountKeys keys, string directory) => new(hub, keys, directory);

    /// <summary>Opens an account; <paramref name="kind"/> is "user" or "operator".</summary>
    public static async Task<TestUser> OpenAsync(TestNetwork network, string name, string kind)
    {
        var address = HubAddress.Parse(network.HubUrl.ToString()).Value;
        using var stranger = new HubClient(address, null, TimeProvider.System);
        var keys = (await AccountOpening.OpenAsync(stranger, AccountKeys.Generate(), name, kind, TimeProvider.System)).Value;
        return new TestUser(new HubClient(address, keys.ApiKey, TimeProvider.System), keys, Path.Combine(network.Directory, $"user-{name}"));
    }

    /// <summary>Encrypts and signs a task without sending it.</summary>
    public async Task<(PreparedTask Task, SubmitRequest Request)> PrepareAsync(TaskPlan plan)
    {
        Directory.CreateDirectory(_directory);
        var info = (await Hub.InfoAsync()).Value;
        var prepared = (await new TaskPreparer(_directory, _ => null, () => Stream.Null).PrepareAsync(plan, info, Keys.Exchange.PublicKey)).Value;
        var quote = (await Hub.QuoteAsync(new QuoteRequest(plan.Spec, prepared.Parts.Count))).Value;
        return (prepared, prepared.Sign(Keys, quote));
    }

    /// <summary>Sends until the hub has acknowledged, across its restarts, as a user would who is told "unavailable".</summary>
    public async Task SendAsync(PreparedTask task, SubmitRequest request, TimeSpan deadline)
    {
        var journal = new SubmissionJournal(_directory);
        var answer = await journal.SendAsync(Hub, Keys, task, request);
        if (answer.IsOk)
            return;
        await Eventually.TrueAsync($"{task.Task} acknowledged ({answer.Fault})", deadline, async () =>
        {
            answer = await journal.ResumeAsync(Hub, Keys, task.Task);
            return answer.IsOk || (answer.Fault is { Retryable: false } refused ? throw new InvalidDataException($"{task.Task} refused: {refused}") : false);
        });
    }

    /// <summary>A plan for the mock executor: no input, so many parts.</summary>
    public static TaskPlan MockPlan(string name, int parts, params string[] args) => new()
    {
        Spec = new TaskSpec
        {
            Name = name,
            Kind = WorkloadKind.Mock,
            Resources = new Resources(100, 16L << 20, 16L << 20),
            Limits = new Limits { TimeSeconds = 60, Retries = 3 },
        },
        Program = new ProgramPlan { Args = args },
        Split = new SplitPlan(SplitBy.Count, parts),
    };

    public void Dispose()
    {
        Hub.Dispose();
        Keys.Dispose();
    }
}
