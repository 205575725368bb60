using Rxelon.Node.Executors;
using Rxelon.Shared.Values;

namespace Rxelon.Node.Tests.Wasm;

public sealed class WasmExecutorSpecs(WasmFixture wasm) : IClassFixture<WasmFixture>
{
    private const string Spin = "(loop $l (br $l))";

    [Fact]
    public async Task Stdin_goes_in_and_stdout_comes_out()
    {
        var ran = await wasm.RunAsync(Modules.Echo(), Parts.Input(("stdin", "hello")));

        Assert.Null(ran.Result.Fault);
        Assert.Equal("hello", ran.Files["stdout"]);
        Assert.Equal(5, ran.Result.Metering.OutputBytes);
    }

    [Fact]
    public async Task What_a_program_writes_is_seen_while_it_runs()
    {
        var program = Modules.Program(
            $"""
            (data (i32.const 512) "seen")
            (func (export "_start")
              (drop (call $write (i32.const 1) (i32.const 512) (i32.const 4)))
              (drop (call $write (i32.const 2) (i32.const 512) (i32.const 2)))
              {Spin})
            """);
        var seen = new Seen();
        using var cancel = new CancellationTokenSource();
        var running = wasm.RunAsync(program, spec: Parts.Spec() with { Log = seen.Add }, cancel: cancel.Token);

        await Eventually.TrueAsync("both outputs", () => Task.FromResult(seen.Text(LogSource.Stdout) == "seen" && seen.Text(LogSource.Stderr) == "se"));

        Assert.False(running.IsCompleted);
        await cancel.CancelAsync();
        Assert.Equal(FaultCodes.Stopped, (await running).Code);
    }

    [Fact]
    public async Task A_part_without_stdin_reads_an_empty_one()
        => Assert.Equal("", (await wasm.RunAsync(Modules.Echo())).Files["stdout"]);

    [Fact]
    public async Task Arguments_name_the_part_and_the_parts()
    {
        var program = Modules.Start(
            """
            (drop (call $args_sizes_get (i32.const 64) (i32.const 68)))
            (drop (call $args_get (i32.const 1024) (i32.const 2048)))
            (drop (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 68))))
            """,
            "--tile", "{part}/{parts}");

        var ran = await wasm.RunAsync(program, spec: Parts.Spec(part: 3, parts: 8));

        Assert.Equal("program\0--tile\03/8\0", ran.Files["stdout"]);
    }

    [Fact]
    public async Task Environment_is_the_programs_own_and_nothing_of_the_node()
    {
        var program = Modules.Start(
            """
            (drop (call $environ_sizes_get (i32.const 64) (i32.const 68)))
            (drop (call $environ_get (i32.const 1024) (i32.const 2048)))
            (drop (call $write (i32.const 1) (i32.const 2048) (i32.load (i32.const 68))))
            """);
        program.Env["QUALITY"] = "high";

        Assert.Equal("QUALITY=high\0", (await wasm.RunAsync(program)).Files["stdout"]);
    }

    [Fact]
    public async Task In_can_be_read_and_out_can_be_written()
    {
        // Preopened directories are 3 (/in) and 4 (/out). Rights: 2 read, 64 write; open flag 1 creates.
        var program = Modules.Program(
            """
            (data (i32.const 512) "data/a.txtcopy.txt")
            (func (export "_start")
              (drop (call $open (i32.const 3) (i32.const 512) (i32.const 10) (i32.const 0) (i64.const 2)))
              (i32.store (i32.const 20) (i32.load (i32.const 16)))
              (drop (call $open (i32.const 4) (i32.const 522) (i32.const 8) (i32.const 1) (i64.const 64)))
              (call $copy (i32.load (i32.const 20)) (i32.load (i32.const 16))))
            """);

        var ran = await wasm.RunAsync(program, Parts.Input(("in/data/a.txt", "from the user")));

        Assert.Null(ran.Result.Fault);
        Assert.Equal("from the user", ran.Files["out/copy.txt"]);
    }

    [Theory]
    [InlineData(3, "new.txt", 1, 64)]
    [InlineData(4, "../../../../../../../../etc/passwd", 0, 2)]
    [InlineData(4, "/etc/passwd", 0, 2)]
    [InlineData(3, "../out/../../x", 1, 64)]
    public async Task Nothing_outside_the_two_directories_opens(int directory, string path, int flags, long rights)
    {
        var program = Modules.Program(
            $"""
            (data (i32.const 512) "{path}")
            (func (export "_start")
              (call $proc_exit (i32.add (i32.const 100)
                (call $open (i32.const {directory}) (i32.const 512) (i32.const {path.Length}) (i32.const {flags}) (i64.const {rights})))))
            """);

        var ran = await wasm.RunAsync(program);

        Assert.NotEqual(100, ran.Result.Metering.ExitCode);
    }

    [Fact]
    public async Task A_link_out_of_the_sandbox_is_neither_followed_nor_collected()
    {
        var program = Modules.Program(
            """
            (data (i32.const 512) "../../../../../../../../etc/passwdlink")
            (func (export "_start")
              (drop (call $path_symlink (i32.const 512) (i32.const 34) (i32.const 4) (i32.const 546) (i32.const 4)))
              (if (i32.eqz (call $open (i32.const 4) (i32.const 546) (i32.const 4) (i32.const 0) (i64.const 2)))
                (then (call $copy (i32.load (i32.const 16)) (i32.const 1)))))
            """);

        var ran = await wasm.RunAsync(program);

        Assert.Null(ran.Result.Fault);
        Assert.Equal(["stderr", "stdout"], ran.Files.Keys.Order());
        Assert.Equal("", ran.Files["stdout"]);
    }

    [Fact]
    public async Task An_endless_loop_meets_the_time_limit()
    {
        var ran = await wasm.RunAsync(Modules.Start(Spin), spec: Parts.Spec(seconds: 1));

        Assert.Equal(FaultCodes.TimeLimit, ran.Code);
        Assert.InRange(ran.Result.Metering.WallMillis, 1_000, 5_000);
        Assert.InRange(ran.Result.Metering.CpuMillis, 50, 5_000);
    }

    [Fact]
    public async Task A_program_that_sleeps_for_ever_meets_the_time_limit()
    {
        // One subscription to the monotonic clock, an hour from now.
        var program = Modules.Start(
            """
            (i32.store (i32.const 1040) (i32.const 1))
            (i64.store (i32.const 1048) (i64.const 3600000000000))
            (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3000)))
            """ + Spin);

        Assert.Equal(FaultCodes.TimeLimit, (await wasm.RunAsync(program, spec: Parts.Spec(seconds: 0.3))).Code);
    }

    [Fact]
    public async Task A_short_sleep_ends_by_itself()
    {
        var program = Modules.Start(
            """
            (i32.store (i32.const 1040) (i32.const 1))
            (i64.store (i32.const 1048) (i64.const 20000000))
            (drop (call $poll_oneoff (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 3000)))
            (call $proc_exit (i32.load (i32.const 3000)))
            """);

        var ran = await wasm.RunAsync(program);

        Assert.Equal(1, ran.Result.Metering.ExitCode);
        Assert.InRange(ran.Result.Metering.WallMillis, 20, 5_000);
    }

    [Fact]
    public async Task Stopping_ends_a_running_program()
    {
        using var cancel = new CancellationTokenSource();
        var running = wasm.RunAsync(Modules.Start(Spin), cancel: cancel.Token);
        await cancel.CancelAsync();

        Assert.Equal(FaultCodes.Stopped, (await running).Code);
    }

    [Fact]
    public async Task Eating_memory_meets_the_memory_limit()
    {
        var program = Modules.Start("(loop $l (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable)) (br $l))");

        var ran = await wasm.RunAsync(program, spec: Parts.Spec(memory: 8 << 20));

        Assert.Equal(FaultCodes.MemoryLimit, ran.Code);
        Assert.InRange(ran.Result.Metering.PeakMemory, 6 << 20, 8 << 20);
    }

    [Fact]
    public async Task A_module_that_wants_too_much_memory_from_the_start_meets_the_memory_limit()
        => Assert.Equal(
            FaultCodes.MemoryLimit,
            (await wasm.RunAsync(Modules.Text("(module (memory (export \"memory\") 1000) (func (export \"_start\")))"), spec: Parts.Spec(memory: 1 << 20))).Code);

    [Theory]
    [InlineData("unreachable")]
    [InlineData("(drop (i32.div_u (i32.const 1) (i32.const 0)))")]
    [InlineData("(drop (i32.load (i32.const -4)))")]
    public async Task A_trap_is_the_programs_failure(string body)
    {
        var ran = await wasm.RunAsync(Modules.Start(body));

        Assert.Equal(FaultCodes.ProgramTrapped, ran.Code);
        Assert.Equal(Culprit.Program, ran.Result.Fault!.Culprit);
        Assert.Contains("trap:", ran.Result.StderrTail);
    }

    [Fact]
    public async Task Endless_recursion_is_a_trap()
        => Assert.Equal(FaultCodes.ProgramTrapped, (await wasm.RunAsync(Modules.Program("(func $f (export \"_start\") (call $f))"))).Code);

    [Fact]
    public async Task Another_exit_code_than_zero_is_a_failure_with_the_end_of_stderr()
    {
        var program = Modules.Program(
            """
            (data (i32.const 512) "went wrong")
            (func (export "_start") (drop (call $write (i32.const 2) (i32.const 512) (i32.const 10))) (call $proc_exit (i32.const 3)))
            """);

        var ran = await wasm.RunAsync(program);

        Assert.Equal(FaultCodes.ProgramFailed, ran.Code);
        Assert.Equal(3, ran.Result.Metering.ExitCode);
        Assert.Equal("went wrong", ran.Result.StderrTail);
        Assert.DoesNotContain("went wrong", ran.Result.Fault!.Message);
    }

    [Fact]
    public async Task Exit_code_zero_is_success()
        => Assert.Null((await wasm.RunAsync(Modules.Start("(call $proc_exit (i32.const 0))"))).Result.Fault);

    [Fact]
    public async Task Writing_too_much_to_stdout_meets_the_output_limit()
    {
        var program = Modules.Start("(loop $l (drop (call $write (i32.const 1) (i32.const 1024) (i32.const 65536))) (br $l))");

        var ran = await wasm.RunAsync(program);

        Assert.Equal(FaultCodes.OutputLimit, ran.Code);
        Assert.Empty(ran.Output);
    }

    [Fact]
    public async Task Writing_too_much_to_a_file_meets_the_output_limit()
    {
        var program = Modules.Program(
            """
            (data (i32.const 512) "big")
            (func (export "_start")
              (drop (call $open (i32.const 4) (i32.const 512) (i32.const 3) (i32.const 1) (i64.const 64)))
              (loop $l
                (if (call $write (i32.load (i32.const 16)) (i32.const 1024) (i32.const 65536)) (then (call $proc_exit (i32.const 1))))
                (br $l)))
            """);

        Assert.Equal(FaultCodes.OutputLimit, (await wasm.RunAsync(program)).Code);
        Assert.Null((await wasm.RunAsync(Modules.Echo(), Parts.Input(("stdin", "next")))).Result.Fault);
    }

    [Fact]
    public async Task Fuel_and_bytes_are_equal_in_two_runs()
    {
        var input = Parts.Input(("stdin", new string('x', 20_000)));
        var first = await wasm.RunAsync(Modules.Echo(), input);
        var second = await wasm.RunAsync(Modules.Echo(), input);

        Assert.True(first.Result.Metering.Fuel > 0);
        Assert.Equal(first.Result.Metering.Fuel, second.Result.Metering.Fuel);
        Assert.Equal(first.Output, second.Output);
    }

    [Fact]
    public async Task What_is_not_wasm_is_a_bad_program()
        => Assert.Equal(FaultCodes.BadProgram, (await wasm.RunAsync(Modules.Bundle([1, 2, 3, 4]))).Code);

    [Fact]
    public async Task Missing_imports_are_named()
    {
        var ran = await wasm.RunAsync(Modules.Text(
            """
            (module (import "env" "gpu" (func)) (import "wasi_snapshot_preview1" "fly" (func)) (memory (export "memory") 1) (func (export "_start")))
            """));

        Assert.Equal(FaultCodes.BadProgram, ran.Code);
        Assert.Contains("env.gpu, wasi_snapshot_preview1.fly", ran.Result.Fault!.Message);
    }

    [Fact]
    public async Task A_library_without_start_is_a_bad_program()
        => Assert.Contains("_start", (await wasm.RunAsync(Modules.Text("(module (memory (export \"memory\") 1))"))).Result.Fault!.Message);

    [Theory]
    [InlineData("../evil")]
    [InlineData("in/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("in//x")]
    [InlineData("other")]
    public async Task An_input_with_a_foreign_name_is_refused(string name)
    {
        var ran = await wasm.RunAsync(Modules.Echo(), Parts.Input((name, "x")));

        Assert.Equal(FaultCodes.Malformed, ran.Code);
        Assert.Equal(Culprit.Input, ran.Result.Fault!.Culprit);
        Assert.DoesNotContain(name, ran.Result.Fault.Message);
    }

    [Fact]
    public async Task An_input_that_names_a_file_twice_is_refused()
        => Assert.Equal(FaultCodes.Malformed, (await wasm.RunAsync(Modules.Echo(), Parts.Input(("in/a", "1"), ("in/a", "2")))).Code);

    [Fact]
    public async Task An_input_larger_than_its_disk_is_refused()
        => Assert.Equal(
            FaultCodes.TooLarge,
            (await wasm.RunAsync(Modules.Echo(), Parts.Input(("in/a", new string('x', 2000))), Parts.Spec(disk: 1000))).Code);

    [Fact]
    public async Task A_cell_is_empty_for_the_next_attempt()
    {
        await wasm.RunAsync(Modules.Echo(), Parts.Input(("in/a/b/c", "secret"), ("stdin", "secret-stdin")));

        Assert.Empty(TestState.FilesWith(wasm.State.Space.Path, "secret"));
        Assert.Equal("", (await wasm.RunAsync(Modules.Echo())).Files["stdout"]);
    }

    [Fact]
    public async Task Many_attempts_at_once_do_not_disturb_each_other()
    {
        var runs = await Task.WhenAll(Enumerable.Range(0, 64)
            .Select(i => wasm.RunAsync(Modules.Echo(), Parts.Input(("stdin", $"part {i}")), Parts.Spec(part: i, parts: 64))));

        for (var i = 0; i < runs.Length; i++)
            Assert.Equal($"part {i}", runs[i].Files["stdout"]);
    }
}
