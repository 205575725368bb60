using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Rxelon.Domain.Tasks;
using Rxelon.Hub.Http;
using Rxelon.Hub.Live;
using Rxelon.Shared.Api;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Pricing;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Hub.Tests.Http;

/// <summary>What one reader of a task's events is told, and what that costs.</summary>
public sealed class TaskEventStreamSpecs
{
    private static readonly TaskId Id = TaskId.FromBytes([1, .. new byte[15]]);
    private static readonly FakeTimeProvider Time = new(DateTimeOffset.UnixEpoch);
    private readonly DefaultHttpContext _context = new();
    private readonly CountingBoard _board = new();
    private readonly MemoryStream _told = new();

    [Fact]
    public async Task A_look_at_progress_asks_the_board_once_and_tells_what_changed()
    {
        var stream = await BegunAsync();
        Assert.False(await LookAsync(stream)); // nobody has said anything
        _board.Said = 250;
        Assert.True(await LookAsync(stream));
        Assert.Contains("\"percent\":12", Told(), StringComparison.Ordinal); // a quarter of one of two parts
        Assert.False(await LookAsync(stream));
        _board.Said = 500;
        Assert.True(await LookAsync(stream));
        Assert.Contains("id: 3\nevent: task", Told(), StringComparison.Ordinal);
        Assert.Contains("\"percent\":25", Told(), StringComparison.Ordinal);
    }

    private async Task<bool> LookAsync(TaskEventStream stream)
    {
        var before = _board.Asked;
        var told = await stream.ProgressAsync(default);
        Assert.Equal(1, _board.Asked - before);
        return told;
    }

    private string Told() => Encoding.UTF8.GetString(_told.ToArray());

    private async Task<TaskEventStream> BegunAsync()
    {
        _context.Response.Body = _told;
        var owner = AccountId.FromBytes([2, .. new byte[15]]);
        var blob = new BlobRef(BlobId.Of([1]), 1);
        var spec = new TaskSpec { Name = "t", Kind = WorkloadKind.Mock };
        var state = TaskDecider.Apply(TaskState.Of(Id), new TaskSubmitted(
            new Submission(owner, spec.ToBytes(), [blob, blob], blob, [], [], new Tokens(1), [], []),
            new PriceTerms(new Tokens(1), new Tokens(2), 1, 1, 1), new Tokens(1), DateTimeOffset.UnixEpoch));
        var stream = new TaskEventStream(_context, (TaskView)TaskDecider.View(state), _board, Time);
        await stream.BeginAsync(default);
        return stream;
    }

    private sealed class CountingBoard : IProgressBoard
    {
        internal int Asked { get; private set; }

        internal int Said { get; set; }

        public IReadOnlyDictionary<int, int>? Of(TaskId task)
        {
            Asked++;
            return Said > 0 ? new Dictionary<int, int> { [0] = Said } : null;
        }

        public void Report(NodeId node, AttemptId attempt, int permille, UsageInfo? usage = null) => throw new NotSupportedException();

        public void Keep(NodeId node, Func<AttemptId, bool> holds) => throw new NotSupportedException();

        public IReadOnlyDictionary<(int Part, int Number), UsageInfo> UsageOf(TaskId task) => throw new NotSupportedException();
    }
}
