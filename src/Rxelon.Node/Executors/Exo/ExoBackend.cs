using System.Collections.Concurrent;
using System.Text.Json;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Executors.Exo;

/// <summary>
/// Watches one cluster: a loop that polls it, outlives its masters and keeps what the last good poll saw. Thread-safe.
/// </summary>
internal sealed class ExoBackend(ExoApi api, ExoTimes times, TimeProvider time) : IAsyncDisposable
{
    private const int PollsUntilAway = 2;
    private const double OfOld = 0.7;

    private readonly CancellationTokenSource _ended = new();
    private readonly SemaphoreSlim _polling = new(1, 1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _alive = [];
    private readonly ConcurrentDictionary<string, double> _speeds = [];
    private readonly ConcurrentDictionary<string, long> _progress = [];
    private ClusterView _view = ClusterView.Empty;
    private ClusterView _lastRound = ClusterView.Empty;
    private IReadOnlyList<string> _fitting = [];
    private Fault? _trouble;
    private Task _loop = Task.CompletedTask;
    private string? _member;
    private int _missed;
    private bool _modelsStale;

    internal ExoApi Api => api;

    internal ExoTimes Times => times;

    internal TimeProvider Time => time;

    /// <summary>Cancelled when the backend is disposed.</summary>
    internal CancellationToken Ended => _ended.Token;

    /// <summary>Null once something that speaks a known API answered.</summary>
    internal ExoProfile? Profile { get; private set; }

    /// <summary>What is wrong with the cluster now; null while it answers.</summary>
    internal Fault? Trouble => Volatile.Read(ref _trouble);

    internal ClusterView View => Volatile.Read(ref _view);

    /// <summary>Looks once, so that there is something to offer, and starts the loop.</summary>
    internal async Task StartAsync(CancellationToken cancel)
    {
        await RoundAsync(modelsDue: true, cancel).ConfigureAwait(false);
        _loop = LoopAsync();
    }

    /// <summary>
    /// What the cluster offers now. A loop that ended by something unexpected is started again, and what ended it is thrown, for the
    /// supervisor's log.
    /// </summary>
    internal ModelPool Pool()
    {
        if (_loop is { IsFaulted: true, Exception: { } broken })
        {
            _loop = LoopAsync();
            throw broken;
        }

        var view = View;
        var models = from model in Volatile.Read(ref _fitting).Concat(view.Instances.Where(i => i.Phase != InstancePhase.Failed).Select(i => i.Model)).Distinct()
                     orderby model
                     let loaded = view.Instances.Any(i => i.Model == model && i.Phase == InstancePhase.Ready)
                     select new HostedModel(model, loaded, (long)(1000 * _speeds.GetValueOrDefault(model)));
        return new ModelPool(view.MemoryTotal, view.MemoryFree, view.Members.Count, [.. models]);
    }

    /// <summary>True when the model's weights are here and it fits, or it is placed already.</summary>
    internal bool Hosts(string model) => Volatile.Read(ref _fitting).Contains(model) || View.Instances.Any(i => i.Model == model);

    /// <summary>Polls now; whoever waits for a change calls this.</summary>
    internal async Task<Outcome<ClusterView>> LookAsync(CancellationToken cancel)
    {
        await _polling.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var parts = new JsonElement[4];
            string[] names = ["topology", "nodeMemory", "instances", "runners"];
            for (var i = 0; i < names.Length; i++)
            {
                var part = await api.StateAsync(names[i], cancel).ConfigureAwait(false);
                if (part.Fault is { } fault)
                    return fault;
                parts[i] = part.Value;
            }

            var view = ClusterView.Read(parts[0], parts[1], parts[2], parts[3]);
            Volatile.Write(ref _view, view);
            foreach (var gone in _alive.Keys.Where(id => view.Find(id) is null))
                Lose(gone);
            return view;
        }
        finally
        {
            _polling.Release();
        }
    }

    /// <summary>Cancelled when the state does not list the instance any more, which a stream would never say.</summary>
    internal CancellationToken Alive(string instance)
    {
        var source = _alive.GetOrAdd(instance, _ => new CancellationTokenSource());
        if (View.Find(instance) is null)
            Lose(instance);
        return source.Token;
    }

    /// <summary>A token or prefill progress came from that instance.</summary>
    internal void Progressed(string instance) => _progress[instance] = time.GetTimestamp();

    /// <summary>True when none of this node's streams got anything from the instance for that long.</summary>
    internal bool IsSilent(string instance, TimeSpan since)
        => !_progress.TryGetValue(instance, out var last) || time.GetElapsedTime(last) >= since;

    /// <summary>A stream's tokens per second; the average forgets slowly.</summary>
    internal void Measured(string model, double perSecond)
        => _speeds.AddOrUpdate(model, perSecond, (_, old) => (old * OfOld) + (perSecond * (1 - OfOld)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var id in _alive.Keys)
            Lose(id);
        api.Dispose();
        _ended.Dispose();
        _polling.Dispose();
    }

    private void Lose(string instance)
    {
        _progress.TryRemove(instance, out _);
        if (_alive.TryRemove(instance, out var source))
            source.Cancel();
    }

    private async Task LoopAsync()
    {
        try
        {
            using var pace = new PeriodicTimer(times.Poll, time);
            var looked = time.GetTimestamp();
            while (await pace.WaitForNextTickAsync(_ended.Token).ConfigureAwait(false))
            {
                var due = time.GetElapsedTime(looked) >= times.Models;
                if (await RoundAsync(due, _ended.Token).ConfigureAwait(false))
                    looked = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // Disposed.
        }
    }

    // True when the models were looked at.
    private async Task<bool> RoundAsync(bool modelsDue, CancellationToken cancel)
    {
        var before = _lastRound;
        if (await GreetAsync(cancel).ConfigureAwait(false) is { } unknown)
            return Missed(unknown);
        var looked = await LookAsync(cancel).ConfigureAwait(false);
        if (looked.Fault is { } fault)
            return Missed(fault);
        _missed = 0;
        _lastRound = looked.Value;
        Volatile.Write(ref _trouble, null);
        _modelsStale |= modelsDue || !looked.Value.Members.SequenceEqual(before.Members) || !Placed(looked.Value).SequenceEqual(Placed(before));
        if (!_modelsStale || !await LookForModelsAsync(looked.Value, cancel).ConfigureAwait(false))
            return false;
        _modelsStale = false;
        return true;

        static IEnumerable<string> Placed(ClusterView view) => view.Instances.Select(i => i.Id).Order(StringComparer.Ordinal);
    }

    // Another id means another process: perhaps another version.
    private async Task<Fault?> GreetAsync(CancellationToken cancel)
    {
        var id = await api.NodeIdAsync(cancel).ConfigureAwait(false);
        if (id.Fault is { } silent)
            return silent;
        var member = id.Value.ToString();
        if (Profile is not null && member == _member)
            return null;
        var probed = await api.ProbeAsync(cancel).ConfigureAwait(false);
        if (probed.Fault is { } unknown)
            return unknown;
        Profile = probed.Value;
        _member = member;
        return null;
    }

    private bool Missed(Fault fault)
    {
        Volatile.Write(ref _trouble, fault);
        if (++_missed < PollsUntilAway)
            return false;
        _member = null;
        _lastRound = ClusterView.Empty;
        Volatile.Write(ref _view, ClusterView.Empty);
        Volatile.Write(ref _fitting, []);
        return false;
    }

    private async Task<bool> LookForModelsAsync(ClusterView view, CancellationToken cancel)
    {
        var listed = await api.DownloadedAsync(cancel).ConfigureAwait(false);
        if (listed.Fault is not null)
            return false;
        List<string> fitting = [];
        foreach (var model in listed.Value.Member("data").Items().Where(IsText).Select(m => m.Text("id")).OfType<string>().Distinct())
        {
            if (view.Instances.Any(i => i.Model == model && i.Phase != InstancePhase.Failed))
                fitting.Add(model);
            else if (await api.PreviewsAsync(model, cancel).ConfigureAwait(false) is { IsOk: true } previews && Preview.Best(previews.Value).IsOk)
                fitting.Add(model);
        }

        Volatile.Write(ref _fitting, fitting);
        return true;
    }

    private static bool IsText(JsonElement model) => model.Member("tasks").Items().Any(t => t.ValueKind == JsonValueKind.String && t.GetString() == "TextGeneration");
}
