"""The street: detector messages in over MQTT, commands out over Modbus, the journal, the clock and the service loop.

    tables       registers.toml, plc_basic.toml, topics.toml        read by code, virtual cabinets and reference pages
    words        register_table, registers, plc_basic               registers to values and back; pure
    talk         session, plc_session, profiles                     what may be sent to a cabinet, what answers prove
    messages     detector_payload, detector_door, topics            what a detector message must be, and which are used
    links        mqtt_link, broker, modbus_link, cabinets, intake   sockets, each with its own deadline
    memory       inbox, records, journal*, segment, replay          one inbox, exact records, what can be run again
    loop         clock, service, start, settings, telling           one step a second, in the street and in lock-step

Import what is needed from its file; the package itself imports nothing, so that a reader of journals needs no broker.
"""
