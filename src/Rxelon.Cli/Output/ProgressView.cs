using System.Globalization;
using Spectre.Console;

namespace Rxelon.Cli.Output;

/// <summary>Shows how far something is: a bar with percentage and time left on a terminal, some lines in a pipe, nothing with
/// --quiet and --json. Always on standard error.</summary>
internal sealed class ProgressView
{
    private const double LineStep = 0.1;

    private readonly CliConsole _console;
    private readonly TimeProvider _time;
    private readonly ProgressTask? _bar;
    private string _what = "";
    private double _lastShare = -1;
    private long _started;

    private ProgressView(CliConsole console, TimeProvider time, ProgressTask? bar)
    {
        _console = console;
        _time = time;
        _bar = bar;
    }

    /// <summary>Runs work that reports to a view.</summary>
    internal static async Task<T> RunAsync<T>(CliConsole console, TimeProvider time, Func<ProgressView, Task<T>> work)
    {
        if (!console.Draws)
            return await work(new ProgressView(console, time, null)).ConfigureAwait(false);
        return await console.Error.Progress()
            .AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
            .StartAsync(context => work(new ProgressView(console, time, context.AddTask("starting", maxValue: 1))))
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Tells what is done of how much; without a total the end is unknown. <paramref name="left"/>: seconds, when somebody knows better than
    /// the rate seen here.
    /// </summary>
    internal void Report(string what, double done, double? total, double? left = null)
    {
        if (_bar is not null)
        {
            Draw(left is { } seconds ? $"{what}, about {Words.Time(seconds)} left" : what, done, total);
            return;
        }

        var share = total is > 0 ? done / total.Value : 0;
        if (!_console.Talks || (what == _what && share < 1 && share - _lastShare < LineStep) || (what == _what && share <= _lastShare))
            return;
        if (what != _what)
            _started = _time.GetTimestamp();
        _what = what;
        _lastShare = share;
        _console.Remark(total is > 0 ? string.Create(CultureInfo.InvariantCulture, $"{what}: {share * 100:0} %{(left is { } known ? $", about {Words.Time(known)} left" : Left(share))}") : what);
    }

    private void Draw(string what, double done, double? total)
    {
        _bar!.Description = what.EscapeMarkup();
        _bar.IsIndeterminate = total is null;
        _bar.MaxValue = total is > 0 ? total.Value : 1;
        _bar.Value = total is null ? 0 : done;
    }

    private string Left(double share)
    {
        var elapsed = _time.GetElapsedTime(_started).TotalSeconds;
        return share is <= 0 or >= 1 || elapsed < 1 ? "" : $", {Words.Time(elapsed / share * (1 - share))} left";
    }
}
