// a refusal, in full
$ sf-jwt serve
>> {"jsonrpc":"2.0","id":1,"method":"explain","params":{"code":"clock-skew"}}
<< {"jsonrpc":"2.0","id":1,"result":{"code":"clock-skew","kind":"refusal","meaning":"our clock and the server's are too far apart (kind refused, exit code 20, JSON-RPC code 1020)","wordings":[],"causes":["this machine's clock is off by more than 10 minutes","the server's Date is wrong, for instance a proxy's"],"remedy":"set this machine's clock (NTP); a difference above 10 minutes is not corrected for you, so that a wrong Date cannot make a long-lived assertion","links":[],"retry":"not without a change","source":"2.1 #8 and section 6, I"}}
