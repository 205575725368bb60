using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;

namespace Rxelon.Node.Executors.Exo;

/// <summary>Asks models that an EXO cluster runs; the cluster is one backend behind one base URL (docs/design/exo.md).</summary>
public sealed class ExoExecutor : IExecutor
{
    private readonly ExoBackend _backend;
    private readonly ModelPlacer _placer;
    private readonly Uri _url;

    /// <param name="url">Any member of the cluster.</param>
    /// <param name="times">How often it is looked at and how long it gets.</param>
    /// <param name="time">The clock for all of it.</param>
    internal ExoExecutor(Uri url, ExoTimes times, TimeProvider time)
    {
        _url = url;
        _backend = new ExoBackend(new ExoApi(url, times.Call, time), times, time);
        _placer = new ModelPlacer(_backend);
    }

    /// <inheritdoc/>
    public WorkloadKind Kind => WorkloadKind.Model;

    internal ExoBackend Backend => _backend;

    internal ModelPlacer Placer => _placer;

    /// <summary>A cluster that does not answer yet is offered without models until it does; one that cannot be driven is not.</summary>
    public async Task<ExecutorReport> FingerprintAsync(CancellationToken cancel)
    {
        await _backend.StartAsync(cancel).ConfigureAwait(false);
        if (_backend.Trouble is { Code: FaultCodes.ExecutorMissing } unknown)
            return ExecutorReport.NotHere(Kind, unknown.Message);
        List<string> warnings = ["EXO shows prompts to its members and to whoever reaches its port: keep a firewall around the cluster."];
        if (_backend.Trouble is { } away)
            warnings.Add($"No models for now. {away.Message}");
        if (!_url.IsLoopback && _url.Scheme == Uri.UriSchemeHttp)
            warnings.Add("Prompts go to the cluster unencrypted over this machine's network.");
        var runtime = _backend.Profile switch
        {
            ExoProfile.Main => "exo main",
            ExoProfile.V1071 => "exo 1.0.71",
            _ => "exo",
        };
        List<string> limits = ["time and output, by closing the request", "the model and the fields of a request, by the node"];
        return new ExecutorReport(Kind, true, runtime, [], limits, warnings, null) { Pool = _backend.Pool() };
    }

    /// <inheritdoc/>
    public ModelPool? Pool() => _backend.Pool();

    /// <summary>Places the model and waits until it is ready: no key is needed for that.</summary>
    public async Task<Outcome<ISandbox>> PrepareAsync(SandboxSpec spec, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(spec.Image))
            return new Fault(FaultCodes.BadProgram, "The task names no model.", Culprit.Program);
        var ready = await _placer.EnsureAsync(spec.Image, cancel).ConfigureAwait(false);
        return ready.Fault is { } fault ? fault : new ModelSandbox(_backend, _placer, spec);
    }

    /// <summary>Instances stay, as loaded models are what the operator offers; requests of a killed process ended with its connections.</summary>
    public Task<int> DestroyLeftoversAsync(CancellationToken cancel) => Task.FromResult(0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();
}
