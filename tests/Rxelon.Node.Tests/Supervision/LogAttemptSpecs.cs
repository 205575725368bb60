using System.Text;
using Rxelon.Node.Link;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Wire;
using Rxelon.Shared.Workloads.Program;

namespace Rxelon.Node.Tests.Supervision;

/// <summary>What a program says reaches the hub while it runs, sealed for its owner.</summary>
public sealed class LogAttemptSpecs : NodeUnderTest
{
    [Fact]
    public async Task A_running_attempt_ships_its_log_and_tells_its_progress()
    {
        var task = new ScriptedTask(Mock("--say", "rxelon:progress 25%", "--delay-ms", "60000"));
        await StartAsync(task);

        var log = (await NextAsync(ToHub.BodyOneofCase.Log)).Log;
        Assert.Equal(("rxelon:progress 25%\n", false), Open(task, log));
        var progress = (Send)await Link.FishForMessageAsync(m => m is Send { Frame.Progress: not null }, TimeSpan.FromSeconds(20));
        Assert.Equal(250u, progress.Frame.Progress.Permille);

        FromHub(new ToNode { Stop = new StopAttempt { Attempt = task.Key(0, 1), Reason = "test" } });
        var last = (await NextAsync(ToHub.BodyOneofCase.Log)).Log;
        Assert.Equal(1u, last.Number);
        using var opener = new LogOpener(KeySchedule.Log(task.TaskKey, 0, 1), PartContext.LiveLog(task.Id, 0, 1));
        opener.Open(0, log.Chunk.Span);
        Assert.True(opener.Open(1, last.Chunk.Span).Value.IsLast);
    }

    [Fact]
    public async Task A_failure_comes_after_the_whole_log()
    {
        var task = new ScriptedTask(Mock("--say", "the reason", "--fail", "program-failed"));
        await StartAsync(task);

        Assert.Equal(("the reason\n", true), Open(task, (await NextAsync(ToHub.BodyOneofCase.Log)).Log));
        Assert.Equal("the mock's log\n", Encoding.UTF8.GetString(task.OpenLog((await NextAsync(ToHub.BodyOneofCase.Failure)).Failure.Log.Inline.ToByteArray(), 0, 1)));
    }

    private static (string Text, bool IsLast) Open(ScriptedTask task, AttemptLog log)
    {
        using var opener = new LogOpener(KeySchedule.Log(task.TaskKey, 0, 1), PartContext.LiveLog(task.Id, 0, 1));
        var piece = opener.Open(log.Number, log.Chunk.Span).Value;
        return (Encoding.UTF8.GetString(piece.Plain), piece.IsLast);
    }

    private async Task StartAsync(ScriptedTask task)
    {
        FromHub(task.Assign((0, 1, ScriptedTask.Inline(task.InputCipher(0, Parts.Input())))));
        await NextAsync(ToHub.BodyOneofCase.PartsReady);
        FromHub(Grant(task, 0, 1));
    }

    private static ProgramBundle Mock(params string[] args)
    {
        var program = new ProgramBundle { Version = 1 };
        program.Args.AddRange(args);
        return program;
    }
}
