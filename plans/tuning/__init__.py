"""Cycle, splits and offsets from demand: what a spreadsheet of signal timing does, with the reason of each number.

Pure: demand and a site in, a timing file out. Where the demand comes from, and what SUMO says of a plan, is elsewhere.
"""
