"""What a microVM is made with, as whole values."""

from __future__ import annotations

from uuid import UUID

from hodei.adapters.firecracker.machine import (
    Call,
    Jail,
    calls,
    cgroup_values,
    jailer_argv,
    mounting_argv,
    vcpus,
)
from hodei.adapters.firecracker.network import inside, names, outside
from hodei.adapters.firecracker.parsing import parse_settings
from hodei.domain.spec import Network, Resources

WORKER = UUID("0b0c0d0e-0000-4000-8000-000000000001")


def test_every_call_of_a_full_machine() -> None:
    settings = parse_settings(
        {
            "boot_args": "console=ttyS0 quiet",
            "cpu_template": {"cpuid_modifiers": []},
            "disk_rate": {"mb_per_s": 2},
            "network_rate": {"mb_per_s": 1, "operations_per_s": 500},
        }
    )
    disk = {"bandwidth": {"size": 2 << 20, "refill_time": 1000}}
    card = {
        "bandwidth": {"size": 1 << 20, "refill_time": 1000},
        "ops": {"size": 500, "refill_time": 1000},
    }

    def drive(name: str, file: str, root: bool, read_only: bool) -> Call:
        body = {
            "drive_id": name,
            "path_on_host": file,
            "is_root_device": root,
            "is_read_only": read_only,
            "rate_limiter": disk,
        }
        return Call(method="PUT", path=f"/drives/{name}", body=body)

    mac = "06:00:c6:12:00:02"
    assert calls(Resources(cpu=1.5, memory_mb=256), Network.DEFAULT, settings, mac) == [
        Call(
            method="PUT",
            path="/machine-config",
            body={"vcpu_count": 2, "mem_size_mib": 256, "smt": False},
        ),
        Call(method="PUT", path="/cpu-config", body={"cpuid_modifiers": []}),
        Call(
            method="PUT",
            path="/boot-source",
            body={
                "kernel_image_path": "/vmlinux",
                "boot_args": "console=ttyS0 quiet root=/dev/vda ro init=/init",
            },
        ),
        drive("system", "/system.ext4", True, True),
        drive("image", "/image.ext4", False, True),
        drive("scratch", "/scratch.ext4", False, False),
        Call(method="PUT", path="/vsock", body={"guest_cid": 3, "uds_path": "v.sock"}),
        Call(
            method="PUT",
            path="/network-interfaces/eth0",
            body={
                "iface_id": "eth0",
                "host_dev_name": "tap0",
                "guest_mac": mac,
                "rx_rate_limiter": card,
                "tx_rate_limiter": card,
            },
        ),
        Call(method="PUT", path="/actions", body={"action_type": "InstanceStart"}),
    ]


def test_a_job_without_a_network_has_no_card() -> None:
    made = calls(Resources(cpu=0.1, memory_mb=64), Network.NONE, parse_settings({}), "")
    assert [call.path for call in made] == [
        "/machine-config",
        "/boot-source",
        "/drives/system",
        "/drives/image",
        "/drives/scratch",
        "/vsock",
        "/actions",
    ]


def test_cpus_are_whole_and_the_rest_is_a_quota() -> None:
    assert [vcpus(cpu) for cpu in (0.1, 1.0, 1.01, 16.0)] == [1, 1, 2, 16]
    small = Resources(cpu=0.25, memory_mb=64)
    assert cgroup_values(small, 1) == [
        "cpu.cfs_quota_us=25000",
        "cpu.shares=256",
        f"memory.limit_in_bytes={192 << 20}",
        "pids.max=256",
    ]
    assert cgroup_values(small, 2) == [
        "cpu.max=25000 100000",
        "cpu.weight=25",
        f"memory.max={192 << 20}",
        "pids.max=256",
    ]


def test_the_jailer_s_arguments() -> None:
    jail = Jail(
        worker_id=WORKER,
        base="/data/vms/w/jail",
        uid=700_003,
        netns="/run/netns/x",
        cgroups=["pids.max=256"],
        cgroup_version=2,
    )
    argv = jailer_argv("/bin/jailer", "/bin/firecracker", jail)
    assert argv == [
        "/bin/jailer",
        *("--id", str(WORKER)),
        *("--exec-file", "/bin/firecracker"),
        *("--uid", "700003", "--gid", "700003"),
        *("--chroot-base-dir", "/data/vms/w/jail"),
        *("--netns", "/run/netns/x"),
        "--new-pid-ns",
        *("--cgroup-version", "2"),
        *("--parent-cgroup", "hodei-fc"),
        *("--cgroup", "pids.max=256"),
        *("--", "--api-sock", "api.sock", "--level", "Error"),
    ]
    assert mounting_argv("/run/agents", "/jail/agents", ["prog", "a b"]) == [
        *("unshare", "--mount", "--propagation", "slave", "sh", "-c"),
        'mount --bind "$0" "$1" && shift && exec "$@"',
        *("/run/agents", "/jail/agents", "prog", "a b"),
    ]


def test_each_slot_has_addresses_of_its_own() -> None:
    pool = parse_settings({"network_pool": "10.9.0.0/24"}).network_pool
    first, second = (names(WORKER, slot, pool) for slot in (0, 1))
    assert outside(first).splitlines() == [
        f"link add hfc0 type veth peer name out0 netns hodei-{WORKER}",
        "addr add 10.9.0.1/30 dev hfc0",
        "link set hfc0 up",
    ]
    assert inside(second, 700_001).splitlines() == [
        "link set lo up",
        "addr add 10.9.0.6/30 dev out0",
        "link set out0 up",
        "route add default via 10.9.0.5",
        "tuntap add tap0 mode tap user 700001 group 700001",
        "addr add 198.18.0.5/30 dev tap0",
        "link set tap0 up",
    ]
    assert (first.guest, first.gateway, first.mac) == (
        "198.18.0.2",
        "198.18.0.1",
        "06:00:c6:12:00:02",
    )
    assert (second.guest, second.mac) == ("198.18.0.6", "06:00:c6:12:00:06")
