using System.Diagnostics;
using Rxelon.Node.Executors.Vm;

namespace Rxelon.Node.Tests.Vm;

/// <summary>The choice between KVM and TCG, with programs that behave as QEMU does on machines that this one is not.</summary>
public sealed class VmProbeSpecs : IDisposable
{
    private const string Works = "exit 85";
    private const string Hangs = "exec sleep 600";

    private readonly string _folder = Directory.CreateTempSubdirectory("rxelon-probe-").FullName;

    // Another user runs it.
    public VmProbeSpecs() => File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_101);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Kvm_that_works_is_used()
        => Assert.Equal(new VmChoice(Acceleration.Kvm, null), await ChooseAsync(kvm: Works, tcg: "exit 1"));

    [Fact]
    public async Task Kvm_that_hangs_gives_way_to_tcg()
    {
        var choice = await ChooseAsync(kvm: Hangs, tcg: Works);

        Assert.Equal(Acceleration.Tcg, choice.Acceleration);
        Assert.Contains("the probe did not end within 0.5 s", choice.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kvm_that_fails_gives_way_to_tcg_with_its_own_words()
    {
        var choice = await ChooseAsync(kvm: "echo 'failed to set MSR 0x10a' >&2; exit 134", tcg: Works);

        Assert.Equal(Acceleration.Tcg, choice.Acceleration);
        Assert.Contains("ended with 134 (failed to set MSR 0x10a)", choice.Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_device_kvm_is_not_tried()
        => Assert.Contains("there is no /dev/kvm", (await ChooseAsync(kvm: Hangs, tcg: Works, hasKvm: false)).Why, StringComparison.Ordinal);

    [Fact]
    public async Task When_nothing_works_both_reasons_are_told()
    {
        var choice = await ChooseAsync(kvm: "exit 1", tcg: "echo no memory >&2; exit 2");

        Assert.Null(choice.Acceleration);
        Assert.Contains("the probe ended with 1", choice.Why, StringComparison.Ordinal);
        Assert.Contains("ended with 2 (no memory)", choice.Why, StringComparison.Ordinal);
    }

    private async Task<VmChoice> ChooseAsync(string kvm, string tcg, bool hasKvm = true)
    {
        var qemu = Path.Combine(_folder, "qemu");
        await File.WriteAllTextAsync(qemu, $"#!/bin/sh\ncase \"$*\" in\n*\"-accel kvm\"*) {kvm} ;;\n*) {tcg} ;;\nesac\n");
        File.SetUnixFileMode(qemu, (UnixFileMode)0b111_101_101);
        return await new VmProbe(qemu, _folder, start => Task.FromResult(Process.Start(start)!), TimeSpan.FromSeconds(0.5), TimeProvider.System)
            .ChooseAsync(hasKvm, CancellationToken.None);
    }
}
