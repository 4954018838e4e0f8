import MQTTTransport

extension MQTTPublisher: MessagePublisher {}
