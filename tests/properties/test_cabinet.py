"""Does the cabinet keep its lamps safe, whatever it is asked, told or done to?"""

from hypothesis import HealthCheck, settings

from tests.properties.cabinet_machine import CabinetMachine

TestCabinet = CabinetMachine.TestCase
TestCabinet.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
