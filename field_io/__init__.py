"""The street: detector messages in over MQTT, commands out over Modbus, the journal, the clock and the service loop."""
