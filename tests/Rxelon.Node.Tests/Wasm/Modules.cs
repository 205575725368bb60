using Google.Protobuf;
using Rxelon.Shared.Workloads.Program;
using Wasmtime;

namespace Rxelon.Node.Tests.Wasm;

/// <summary>Small WASI programs as WebAssembly text.</summary>
internal static class Modules
{
    private const string Imports = """
        (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_rename" (func $path_rename (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

        """;

    /// <summary>Writes the file descriptor's content to another: memory 1024… is the buffer, 0… the vectors.</summary>
    private const string Copy = """
        (func $copy (param $from i32) (param $to i32)
          (block $done (loop $more
            (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 4096))
            (br_if $done (call $fd_read (local.get $from) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br_if $done (i32.eqz (i32.load (i32.const 8))))
            (i32.store (i32.const 4) (i32.load (i32.const 8)))
            (if (call $fd_write (local.get $to) (i32.const 0) (i32.const 1) (i32.const 12)) (then (call $proc_exit (i32.const 9))))
            (br $more))))
        (func $write (param $fd i32) (param $at i32) (param $size i32) (result i32)
          (i32.store (i32.const 0) (local.get $at)) (i32.store (i32.const 4) (local.get $size))
          (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 12)))
        (func $open (param $dir i32) (param $at i32) (param $size i32) (param $flags i32) (param $rights i64) (result i32)
          (call $path_open (local.get $dir) (i32.const 1) (local.get $at) (local.get $size) (local.get $flags) (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 16)))

        """;

    internal static ProgramBundle Program(string body, params string[] args)
        => Bundle(Module.ConvertText($"(module {Imports} (memory (export \"memory\") 2) {Copy} {body})"), args);

    internal static ProgramBundle Start(string body, params string[] args) => Program($"(func (export \"_start\") {body})", args);

    internal static ProgramBundle Text(string wat) => Bundle(Module.ConvertText(wat), []);

    internal static ProgramBundle Bundle(byte[] module, params string[] args)
    {
        var program = new ProgramBundle { Version = 1, Module = UnsafeByteOperations.UnsafeWrap(module) };
        program.Args.AddRange(args);
        return program;
    }

    /// <summary>
    /// Begun from its input: writes <paramref name="state"/> to /out/.checkpoint as it should be done, a leftover beside it, and goes on for ever.
    /// Begun from a checkpoint: writes that to stdout, leaves one of its own and a leftover, and ends.
    /// </summary>
    internal static ProgramBundle Stateful(string state) => Program($$"""
        (data (i32.const 8192) ".checkpoint.new") (data (i32.const 8448) "{{state}}")
        (func (export "_start") (local $found i32)
          (local.set $found (i32.eqz (call $open (i32.const 3) (i32.const 8192) (i32.const 11) (i32.const 0) (i64.const 2))))
          (if (local.get $found) (then (call $copy (i32.load (i32.const 16)) (i32.const 1))))
          (drop (call $open (i32.const 4) (i32.const 8192) (i32.const 15) (i32.const 9) (i64.const 64)))
          (drop (call $write (i32.load (i32.const 16)) (i32.const 8448) (i32.const {{state.Length}})))
          (drop (call $path_rename (i32.const 4) (i32.const 8192) (i32.const 15) (i32.const 4) (i32.const 8192) (i32.const 11)))
          (drop (call $open (i32.const 4) (i32.const 8192) (i32.const 15) (i32.const 9) (i64.const 64)))
          (if (i32.eqz (local.get $found)) (then (loop $ever (br $ever)))))
        """);

    /// <summary>stdin to stdout.</summary>
    internal static ProgramBundle Echo() => Start("(call $copy (i32.const 0) (i32.const 1))");
}
